using System;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

/// <summary>A process's capability sets as masks, bit n for capability n.</summary>
public readonly record struct Capabilities(ulong Effective, ulong Permitted, ulong Inheritable);

/// <summary>Ids and capabilities of the calling thread, by raw system calls: glibc's set*id wait for every thread of the process,
/// and in a clone child the others are not there (measured: 46 of 200 hung).</summary>
public static unsafe partial class Sys
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct CapHeader
    {
        public uint Version;
        public int Pid;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct CapData
    {
        public uint Effective, Permitted, Inheritable;
    }

    public static uint GetUid() => (uint)getuid();

    public static uint GetEuid() => (uint)geteuid();

    public static uint GetGid() => (uint)getgid();

    public static uint GetEgid() => (uint)getegid();

    public static Errno SetGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* start = groups)
        {
            return Call(CallNumber.setgroups, groups.Length, (nint)start).Error;
        }
    }

    /// <summary>The supplementary groups; how many there are.</summary>
    public static Result GetGroups(Span<uint> groups)
    {
        fixed (uint* start = groups)
        {
            return Call(CallNumber.getgroups, groups.Length, (nint)start);
        }
    }

    /// <summary>Real, effective and saved group id.</summary>
    public static Errno SetResGid(uint gid) => Call(CallNumber.setresgid, (nint)gid, (nint)gid, (nint)gid).Error;

    /// <summary>Real, effective and saved user id.</summary>
    public static Errno SetResUid(uint uid) => Call(CallNumber.setresuid, (nint)uid, (nint)uid, (nint)uid).Error;

    public static Errno CapGet(out Capabilities capabilities)
    {
        var header = new CapHeader { Version = Native._LINUX_CAPABILITY_VERSION_3 };
        var data = stackalloc CapData[2];
        var error = Call(CallNumber.capget, (nint)(&header), (nint)data).Error;
        capabilities = error != Errno.OK ? default : new Capabilities(
            data[0].Effective | (ulong)data[1].Effective << 32,
            data[0].Permitted | (ulong)data[1].Permitted << 32,
            data[0].Inheritable | (ulong)data[1].Inheritable << 32);
        return error;
    }

    public static Errno CapSet(in Capabilities capabilities)
    {
        var header = new CapHeader { Version = Native._LINUX_CAPABILITY_VERSION_3 };
        var data = stackalloc CapData[2];
        for (var i = 0; i < 2; i++)
        {
            data[i].Effective = (uint)(capabilities.Effective >> (32 * i));
            data[i].Permitted = (uint)(capabilities.Permitted >> (32 * i));
            data[i].Inheritable = (uint)(capabilities.Inheritable >> (32 * i));
        }
        return Call(CallNumber.capset, (nint)(&header), (nint)data).Error;
    }

    public static Errno DropBounding(int capability) => Prctl(Native.PR_CAPBSET_DROP, (nuint)capability).Error;

    /// <summary>1 when the capability is in the bounding set, 0 when not, EINVAL when the kernel does not know it.</summary>
    public static Result ReadBounding(int capability) => Prctl(Native.PR_CAPBSET_READ, (nuint)capability);

    public static Errno RaiseAmbient(int capability) => Prctl(Native.PR_CAP_AMBIENT, Native.PR_CAP_AMBIENT_RAISE, (nuint)capability).Error;

    public static Errno ClearAmbient() => Prctl(Native.PR_CAP_AMBIENT, Native.PR_CAP_AMBIENT_CLEAR_ALL).Error;

    /// <summary>1 when the capability is in the ambient set.</summary>
    public static Result ReadAmbient(int capability) => Prctl(Native.PR_CAP_AMBIENT, Native.PR_CAP_AMBIENT_IS_SET, (nuint)capability);

    /// <summary>A new session keyring of this name (or one that exists); an empty name: an anonymous one. Its serial number.</summary>
    public static Result KeyctlJoin(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
        {
            return Call(CallNumber.keyctl, Native.KEYCTL_JOIN_SESSION_KEYRING, (nint)text);
        }
    }

    public static Errno KeyctlSetPerm(int key, uint permissions) => Call(CallNumber.keyctl, Native.KEYCTL_SETPERM, key, (nint)permissions).Error;

    /// <summary>"type;uid;gid;perm;description" with a final zero; the length that it needs.</summary>
    public static Result KeyctlDescribe(int key, Span<byte> text)
    {
        fixed (byte* start = text)
        {
            return Call(CallNumber.keyctl, Native.KEYCTL_DESCRIBE, key, (nint)start, text.Length);
        }
    }
}
