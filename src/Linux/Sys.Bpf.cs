using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>bpf(2): the device program of a cgroup v2.</summary>
public static unsafe partial class Sys
{
    /// <summary>union bpf_attr for BPF_PROG_LOAD, up to the name.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct BpfLoad
    {
        [FieldOffset(0)] public uint ProgType;
        [FieldOffset(4)] public uint InsnCount;
        [FieldOffset(8)] public ulong Insns;
        [FieldOffset(16)] public ulong License;
        [FieldOffset(24)] public uint LogLevel;
        [FieldOffset(28)] public uint LogSize;
        [FieldOffset(32)] public ulong LogBuffer;
        [FieldOffset(44)] public uint ProgFlags;
    }

    /// <summary>union bpf_attr for BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct BpfAttachment
    {
        public uint TargetFd, ProgFd, AttachType, Flags, ReplaceFd;
    }

    /// <summary>union bpf_attr for BPF_PROG_QUERY.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct BpfQuery
    {
        [FieldOffset(0)] public uint TargetFd;
        [FieldOffset(4)] public uint AttachType;
        [FieldOffset(8)] public uint QueryFlags;
        [FieldOffset(12)] public uint AttachFlags;
        [FieldOffset(16)] public ulong ProgIds;
        [FieldOffset(24)] public uint ProgCount;
    }

    /// <summary>Loads a BPF_PROG_TYPE_CGROUP_DEVICE program, one ulong an instruction. With a log (not empty) the verifier explains a refusal.</summary>
    public static Result BpfLoadCgroupDevice(ReadOnlySpan<ulong> instructions, Span<byte> log)
    {
        // The helpers that such a program needs are not bound to a license; runc's and crun's programs name Apache and GPL.
        fixed (ulong* code = instructions)
        fixed (byte* license = "Apache\0"u8, text = log)
        {
            var load = new BpfLoad
            {
                ProgType = Native.BPF_PROG_TYPE_CGROUP_DEVICE,
                InsnCount = (uint)instructions.Length,
                Insns = (ulong)code,
                License = (ulong)license,
                LogLevel = log.IsEmpty ? 0u : 1u,
                LogSize = (uint)log.Length,
                LogBuffer = (ulong)text,
            };
            return Call(CallNumber.bpf, Native.BPF_PROG_LOAD, (nint)(&load), sizeof(BpfLoad));
        }
    }

    /// <summary>Attaches a device program; with BPF_F_REPLACE in the flags it takes the place of another one (kernel 5.6).</summary>
    public static Errno BpfAttach(int cgroupFd, int progFd, uint flags, int replaceFd = 0)
    {
        var attachment = new BpfAttachment
        {
            TargetFd = (uint)cgroupFd,
            ProgFd = (uint)progFd,
            AttachType = Native.BPF_CGROUP_DEVICE,
            Flags = flags,
            ReplaceFd = (uint)replaceFd,
        };
        return Call(CallNumber.bpf, Native.BPF_PROG_ATTACH, (nint)(&attachment), sizeof(BpfAttachment)).Error;
    }

    public static Errno BpfDetach(int cgroupFd, int progFd)
    {
        var attachment = new BpfAttachment { TargetFd = (uint)cgroupFd, ProgFd = (uint)progFd, AttachType = Native.BPF_CGROUP_DEVICE };
        return Call(CallNumber.bpf, Native.BPF_PROG_DETACH, (nint)(&attachment), sizeof(BpfAttachment)).Error;
    }

    /// <summary>The ids of the device programs that are attached to the cgroup itself; how many there are (ENOSPC: more than fit).</summary>
    public static Result BpfQueryAttached(int cgroupFd, Span<uint> ids)
    {
        fixed (uint* start = ids)
        {
            var query = new BpfQuery
            {
                TargetFd = (uint)cgroupFd,
                AttachType = Native.BPF_CGROUP_DEVICE,
                ProgIds = (ulong)start,
                ProgCount = (uint)ids.Length,
            };
            var result = Call(CallNumber.bpf, Native.BPF_PROG_QUERY, (nint)(&query), sizeof(BpfQuery));
            return result.Ok ? Result.Of((nint)query.ProgCount) : result;
        }
    }

    /// <summary>A descriptor of the program with this id.</summary>
    public static Result BpfOpen(uint id)
    {
        // struct: id, next id, open flags.
        var request = stackalloc uint[3] { id, 0, 0 };
        return Call(CallNumber.bpf, Native.BPF_PROG_GET_FD_BY_ID, (nint)request, 3 * sizeof(uint));
    }
}
