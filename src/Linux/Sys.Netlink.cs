using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>Sockets of netlink(7).</summary>
public static unsafe partial class Sys
{
    /// <summary>struct sockaddr_nl; pid 0 is the kernel, or, when binding, a number of the kernel's choice.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkAddress
    {
        public ushort Family, Padding;
        public uint Pid, Groups;
    }

    /// <summary>A bound socket that hears why a request was refused (NETLINK_EXT_ACK), without the request itself (NETLINK_CAP_ACK), and has dumps filtered by
    /// what was asked (NETLINK_GET_STRICT_CHK).</summary>
    public static Result OpenNetlink(int protocol)
    {
        var opened = Socket(Native.AF_NETLINK, Native.SOCK_RAW, protocol);
        if (!opened.Ok)
        {
            return opened;
        }
        // All are since 4.20; a kernel without one answers all the same.
        SetOption(opened.Value, Native.SOL_NETLINK, Native.NETLINK_CAP_ACK, 1);
        SetOption(opened.Value, Native.SOL_NETLINK, Native.NETLINK_EXT_ACK, 1);
        SetOption(opened.Value, Native.SOL_NETLINK, Native.NETLINK_GET_STRICT_CHK, 1);
        var address = new NetlinkAddress { Family = Native.AF_NETLINK };
        var error = Call(CallNumber.bind, opened.Value, (nint)(&address), sizeof(NetlinkAddress)).Error;
        if (error == Errno.OK)
        {
            return opened;
        }
        Close(opened.Value);
        return Result.Failed(error);
    }

    public static Errno SetOption(int socket, int level, int option, int value) =>
        Call(CallNumber.setsockopt, socket, level, option, (nint)(&value), sizeof(int)).Error;
}
