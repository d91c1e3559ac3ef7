using System;
using SharpRun.Linux;

namespace SharpRun.Cgroups;

/// <summary>The device list of a cgroup2 group: a program that the kernel asks at every mknod and open of a device (R33).</summary>
static class DeviceProgram
{
    const int RlimitMemlock = 8; // RLIMIT_MEMLOCK, asm-generic/resource.h
    const uint AllowMulti = 2; // BPF_F_ALLOW_MULTI, linux/bpf.h

    public static void Attach(int group, ReadOnlySpan<ulong> instructions, string path)
    {
        var program = Load(instructions).OrThrow($"cgroup: load the device program of {path} (linux.resources.devices)");
        // "Multi" lets programs of groups above and below, and one that an administrator left here, have their say as well: all must allow.
        var error = Sys.BpfAttach(group, program, AllowMulti);
        Sys.Close(program);
        error.OrThrow($"cgroup: attach the device program to {path} (linux.resources.devices)");
    }

    // Kernels before 5.11 count programs against RLIMIT_MEMLOCK, and count those of all of root's containers together: with the usual
    // 64 KB the sixteenth would be refused. The limit is raised for the one call only, because the container inherits it.
    static Result Load(ReadOnlySpan<ulong> instructions)
    {
        var loaded = Sys.BpfLoadCgroupDevice(instructions, default);
        if (loaded.Error != Errno.EPERM
            || Sys.GetRlimit(0, RlimitMemlock, out var soft, out var hard) != Errno.OK
            || Sys.PrLimit(0, RlimitMemlock, ulong.MaxValue, ulong.MaxValue) != Errno.OK)
        {
            return loaded;
        }
        loaded = Sys.BpfLoadCgroupDevice(instructions, default);
        Sys.PrLimit(0, RlimitMemlock, soft, hard).OrThrow("restore RLIMIT_MEMLOCK");
        return loaded;
    }
}
