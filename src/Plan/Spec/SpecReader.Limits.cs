using System;
using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Planning;

// The rarer parts of linux.resources: blockIO, hugepageLimits, network, rdma; and the object alone, as `update` gets it.
public ref partial struct SpecReader
{
    /// <summary>A document that is a resources object alone, for update --resources; null when it says null.</summary>
    public static Resources? ReadResources(ReadOnlySpan<byte> json, Action<string>? warn)
    {
        CheckBytes(json);
        var reader = new SpecReader(json, warn);
        try
        {
            reader._reader.Read();
            var resources = reader._reader.TokenType == JsonTokenType.Null ? null : reader.ReadResources();
            reader._reader.Read();
            return resources;
        }
        catch (JsonException error)
        {
            throw SyntaxError(json, error, reader.OpenLevels());
        }
    }

    private BlockIO? ReadBlockIO()
    {
        if (!BeginObject())
        {
            return null;
        }
        var blockIO = new BlockIO();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("weight", ref seen)) { blockIO = blockIO with { Weight = ReadWeight() }; }
            else if (Key("leafWeight", ref seen)) { blockIO = blockIO with { LeafWeight = ReadWeight() }; }
            else if (Key("weightDevice", ref seen)) { blockIO = blockIO with { WeightDevice = ReadWeights() }; }
            else if (Key("throttleReadBpsDevice", ref seen)) { blockIO = blockIO with { ReadBytes = ReadRates() }; }
            else if (Key("throttleWriteBpsDevice", ref seen)) { blockIO = blockIO with { WriteBytes = ReadRates() }; }
            else if (Key("throttleReadIOPSDevice", ref seen)) { blockIO = blockIO with { ReadOperations = ReadRates() }; }
            else if (Key("throttleWriteIOPSDevice", ref seen)) { blockIO = blockIO with { WriteOperations = ReadRates() }; }
            else { _reader.Skip(); }
        }
        return blockIO;
    }

    // The specification's type, uint16; which of its numbers are weights is a rule.
    private uint? ReadWeight() => (uint?)Integer(0, ushort.MaxValue);

    private List<DeviceWeight> ReadWeights()
    {
        var weights = new List<DeviceWeight>();
        if (BeginArray())
        {
            while (NextElement())
            {
                uint? weight = null, leafWeight = null, major = null, minor = null;
                RequireObject();
                ulong seen = 0;
                while (NextKey())
                {
                    if (Key("major", ref seen)) { major = (uint?)Integer(0, MaxMajor); }
                    else if (Key("minor", ref seen)) { minor = (uint?)Integer(0, MaxMinor); }
                    else if (Key("weight", ref seen)) { weight = ReadWeight(); }
                    else if (Key("leafWeight", ref seen)) { leafWeight = ReadWeight(); }
                    else { _reader.Skip(); }
                }
                weights.Add(new DeviceWeight(major ?? throw Missing("major"), minor ?? throw Missing("minor"), weight, leafWeight));
            }
        }
        return weights;
    }

    private List<DeviceRate> ReadRates()
    {
        var rates = new List<DeviceRate>();
        if (BeginArray())
        {
            while (NextElement())
            {
                uint? major = null, minor = null;
                ulong? rate = null;
                RequireObject();
                ulong seen = 0;
                while (NextKey())
                {
                    if (Key("major", ref seen)) { major = (uint?)Integer(0, MaxMajor); }
                    else if (Key("minor", ref seen)) { minor = (uint?)Integer(0, MaxMinor); }
                    else if (Key("rate", ref seen)) { rate = Unsigned(); }
                    else { _reader.Skip(); }
                }
                rates.Add(new DeviceRate(major ?? throw Missing("major"), minor ?? throw Missing("minor"), rate ?? throw Missing("rate")));
            }
        }
        return rates;
    }

    private List<HugepageLimit> ReadHugepageLimits()
    {
        var limits = new List<HugepageLimit>();
        if (BeginArray())
        {
            while (NextElement())
            {
                string? pageSize = null;
                ulong? limit = null;
                RequireObject();
                ulong seen = 0;
                while (NextKey())
                {
                    if (Key("pageSize", ref seen)) { pageSize = Text(); }
                    else if (Key("limit", ref seen)) { limit = Unsigned(); }
                    else { _reader.Skip(); }
                }
                limits.Add(new HugepageLimit(pageSize ?? throw Missing("pageSize"), limit ?? throw Missing("limit")));
            }
        }
        return limits;
    }

    private List<RdmaLimit> ReadRdma()
    {
        var limits = new List<RdmaLimit>();
        if (!BeginObject())
        {
            return limits;
        }
        while (NextKey())
        {
            var device = AnyKey();
            if (limits.Exists(limit => limit.Device == device))
            {
                throw Problem($"\"{device}\" is given twice");
            }
            uint? handles = null, objects = null;
            RequireObject();
            ulong seen = 0;
            while (NextKey())
            {
                if (Key("hcaHandles", ref seen)) { handles = (uint?)Integer(0, uint.MaxValue); }
                else if (Key("hcaObjects", ref seen)) { objects = (uint?)Integer(0, uint.MaxValue); }
                else { _reader.Skip(); }
            }
            limits.Add(new RdmaLimit(device, handles, objects));
        }
        return limits;
    }

    private Network? ReadNetwork()
    {
        if (!BeginObject())
        {
            return null;
        }
        uint? classId = null;
        IReadOnlyList<InterfacePriority> priorities = [];
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("classID", ref seen)) { classId = (uint?)Integer(0, uint.MaxValue); }
            else if (Key("priorities", ref seen)) { priorities = ReadPriorities(); }
            else { _reader.Skip(); }
        }
        return new Network(classId, priorities);
    }

    private List<InterfacePriority> ReadPriorities()
    {
        var priorities = new List<InterfacePriority>();
        if (BeginArray())
        {
            while (NextElement())
            {
                string? name = null;
                uint? priority = null;
                RequireObject();
                ulong seen = 0;
                while (NextKey())
                {
                    if (Key("name", ref seen)) { name = Text(); }
                    else if (Key("priority", ref seen)) { priority = (uint?)Integer(0, uint.MaxValue); }
                    else { _reader.Skip(); }
                }
                priorities.Add(new InterfacePriority(name ?? throw Missing("name"), priority ?? throw Missing("priority")));
            }
        }
        return priorities;
    }
}
