using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

// blockIO, hugepageLimits, rdma, network, unified: files with a line a device, and files that are named by data.
sealed partial class CgroupLimits
{
    const string BlockPath = "linux.resources.blockIO.";

    void BlockIO(BlockIO? blockIO)
    {
        if (blockIO is null)
        {
            return;
        }
        Weight("", blockIO.Weight, BlockPath + "weight");
        LeafWeight("", blockIO.LeafWeight, BlockPath + "leafWeight");
        for (var i = 0; i < blockIO.WeightDevice.Count; i++)
        {
            var device = blockIO.WeightDevice[i];
            var path = $"{BlockPath}weightDevice[{i}].";
            Weight($"{device.Major}:{device.Minor} ", device.Weight, path + "weight");
            LeafWeight($"{device.Major}:{device.Minor} ", device.LeafWeight, path + "leafWeight");
        }
        Throttle(blockIO.ReadBytes, "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps");
        Throttle(blockIO.WriteBytes, "throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps");
        Throttle(blockIO.ReadOperations, "throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops");
        Throttle(blockIO.WriteOperations, "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops");
    }

    // Of one device ("8:0 "), or of all (""). Weights are kept by a scheduler of requests: by BFQ, whose files keep the scale of the
    // specification; before 5.0 by CFQ on v1; by the cost model (io.weight) on v2, in its scale of 1 to 10000.
    void Weight(string device, uint? given, string jsonPath)
    {
        if (given is null or 0)
        {
            return;
        }
        var weight = given.Value;
        if (_v2)
        {
            var ofCostModel = 1 + (weight - 10) * 9999 / 990;
            WriteEither("io", new("io.bfq.weight", $"{device}{weight}"), new("io.weight", $"{device}{ofCostModel}"), jsonPath, device + "default");
            return;
        }
        var tail = device.Length == 0 ? "" : "_device";
        WriteEither("blkio", new("blkio.weight" + tail, $"{device}{weight}"), new("blkio.bfq.weight" + tail, $"{device}{weight}"), jsonPath, device + "0");
    }

    void LeafWeight(string device, uint? given, string jsonPath)
    {
        if (given is null or 0)
        {
            return;
        }
        var weight = given.Value;
        if (_v2)
        {
            throw NoCounterpart(jsonPath);
        }
        Write("blkio", device.Length == 0 ? "blkio.leaf_weight" : "blkio.leaf_weight_device", $"{device}{weight}", jsonPath);
    }

    void Throttle(IReadOnlyList<DeviceRate> rates, string property, string v1File, string v2Key)
    {
        for (var i = 0; i < rates.Count; i++)
        {
            var (major, minor, rate) = rates[i];
            var path = $"{BlockPath}{property}[{i}].rate";
            // Zero lifts a limit on v1; v2 wants the word.
            var (file, before) = _v2 ? ("io.max", $"{major}:{minor} {v2Key}=") : (v1File, $"{major}:{minor} ");
            var value = _v2 && rate == 0 ? Max : Text(rate);
            writes.Add(new CgroupWrite(DirectoryOf(_v2 ? "io" : "blkio", path), file, before + value, path) { Reset = before + (_v2 ? Max : "0") });
        }
    }

    void Hugepages(IReadOnlyList<HugepageLimit> limits)
    {
        for (var i = 0; i < limits.Count; i++)
        {
            var path = $"linux.resources.hugepageLimits[{i}].limit";
            var (file, name) = ("hugetlb." + limits[i].PageSize, _v2 ? "max" : "limit_in_bytes");
            var value = Text(limits[i].Limit);
            Write("hugetlb", $"{file}.{name}", value, path);
            // Since 5.7 also what is reserved and not touched yet, so that the limit strikes at mmap and not by SIGBUS.
            WriteIfThere("hugetlb", $"{file}.rsvd.{name}", value, path);
        }
    }

    void Rdma(IReadOnlyList<RdmaLimit> limits)
    {
        foreach (var (device, handles, objects) in limits)
        {
            var value = device + (handles is null ? "" : $" hca_handle={handles}") + (objects is null ? "" : $" hca_object={objects}");
            if (value.Length > device.Length)
            {
                Write("rdma", "rdma.max", value, "linux.resources.rdma." + device);
            }
        }
    }

    void Network(Network? network)
    {
        const string path = "linux.resources.network.";
        if (network?.ClassId is { } classId and not 0)
        {
            Write(_v2 ? throw NoCounterpart(path + "classID") : "net_cls", "net_cls.classid", Text(classId), path + "classID");
        }
        for (var i = 0; i < network?.Priorities.Count; i++)
        {
            var (name, priority) = network.Priorities[i];
            var property = $"{path}priorities[{i}]";
            Write(_v2 ? throw NoCounterpart(property) : "net_prio", "net_prio.ifpriomap", $"{name} {priority}", property);
        }
    }

    void Unified(IReadOnlyDictionary<string, string> settings)
    {
        foreach (var (file, value) in settings)
        {
            var path = "linux.resources.unified." + file;
            if (!_v2)
            {
                throw layout == CgroupLayout.None
                    ? Missing(path, file)
                    : new SpecError(path, "invalid configuration: cannot use unified on cgroup v1") { IsUnsupported = true };
            }
            // The kernel takes one line a write; an empty value is a line too, and empties a list such as cpuset.cpus.
            foreach (var line in value.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } lines ? lines : ["\n"])
            {
                var device = file == "io.max" ? line.Split(' ')[0] : "";
                var reset = device.Length > 0 ? $"{device} rbps=max wbps=max riops=max wiops=max" : null;
                writes.Add(new CgroupWrite(DirectoryOf(file, path), file, line, path) { Reset = reset });
            }
        }
    }

    void WriteEither(string controller, CgroupValue first, CgroupValue otherwise, string jsonPath, string reset) =>
        writes.Add(new CgroupWrite(DirectoryOf(controller, jsonPath), first.File, first.Value, jsonPath) { Otherwise = otherwise, Reset = reset });
}
