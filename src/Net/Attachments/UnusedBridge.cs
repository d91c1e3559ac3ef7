using SharpRun.Linux;
using SharpRun.Net.Kernel;
using SharpRun.Netlink;

namespace SharpRun.Net.Attachments;

/// <summary>The bridge of the built-in network goes with its last port. The caller holds the network's lock, under which alone a port is plugged in.</summary>
static class UnusedBridge
{
    // linux/rtnetlink.h, linux/netlink.h, linux/if_link.h.
    private const ushort NewLink = 16, DeleteLink = 17, GetLink = 18;
    private const ushort Request = 1, Acknowledge = 4, Dump = 0x300;
    private const ushort Name = 3, Master = 10, Info = 18, Kind = 1;
    private const int HeaderLength = 16, IndexOffset = 4; // struct ifinfomsg

    /// <summary>What is no bridge, or not there, or has a port, stays.</summary>
    public static void Remove(string name)
    {
        using var socket = NetlinkSocket.Open(Native.NETLINK_ROUTE);
        if (IndexOf(socket, name) is not { } index || HasPort(socket, index))
        {
            return;
        }
        var sequence = socket.TakeSequence();
        var error = socket.Ask(Begin(DeleteLink, Request | Acknowledge, sequence, index), sequence);
        if (error is not (Errno.OK or Errno.ENODEV))
        {
            error.Throw($"remove the bridge {name}");
        }
    }

    private static int? IndexOf(NetlinkSocket socket, string name)
    {
        int? index = null;
        var sequence = socket.TakeSequence();
        var error = socket.Ask(Begin(GetLink, Request | Acknowledge, sequence, 0).Attribute(Name, name), sequence, (type, payload) =>
        {
            if (type == NewLink && payload.Length >= HeaderLength && IsBridge(payload[HeaderLength..]))
            {
                index = System.BitConverter.ToInt32(payload[IndexOffset..]);
            }
        });
        if (error is not (Errno.OK or Errno.ENODEV))
        {
            error.Throw($"look for the bridge {name}");
        }
        return index;
    }

    // The kernel gives the links with this master alone.
    private static bool HasPort(NetlinkSocket socket, int bridge)
    {
        var has = false;
        var sequence = socket.TakeSequence();
        socket.Ask(Begin(GetLink, Request | Dump, sequence, 0).UInt32(Master, (uint)bridge), sequence, (type, _) => has |= type == NewLink)
            .OrThrow("list the ports of a bridge");
        return has;
    }

    internal static bool IsBridge(System.ReadOnlySpan<byte> bytes)
    {
        var attributes = new AttributeReader(bytes);
        while (attributes.Next())
        {
            if (attributes.Type != Info)
            {
                continue;
            }
            var inside = attributes.Inside;
            while (inside.Next())
            {
                if (inside.Type == Kind && NetCheck.OnlyABridgeIsRemoved.Passes(inside.Text == "bridge"))
                {
                    return true;
                }
            }
        }
        return false;
    }

    // ifi_family, padding, ifi_type; ifi_index; ifi_flags; ifi_change.
    private static MessageWriter Begin(ushort type, int flags, uint sequence, int index) =>
        new MessageWriter().Begin(type, (ushort)flags, sequence).Bytes4(0).Bytes4((uint)index).Bytes4(0).Bytes4(0);
}
