using System;
using System.Runtime.InteropServices;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>struct ifinfomsg. Change is the mask of the flags that are meant.</summary>
[StructLayout(LayoutKind.Sequential)]
public record struct IfInfoMsg(byte Family, int Index = 0, uint Flags = 0, uint Change = 0)
{
    public byte Family = Family, Padding;
    public ushort Type;
    public int Index = Index;
    public uint Flags = Flags, Change = Change;

    public const int Length = 16;
}

/// <summary>A network interface as RTM_NEWLINK tells it; what was not told is zero or empty.</summary>
public sealed record Link
{
    public int Index { get; init; }

    public string Name { get; private set; } = "";

    public uint Flags { get; init; }

    /// <summary>"0a:58:0a:01:00:02".</summary>
    public string Mac { get; private set; } = "";

    public int Mtu { get; private set; }

    /// <summary>The index of the bridge whose port it is.</summary>
    public int Master { get; private set; }

    /// <summary>Of a veth: the other end's index, in the namespace of that end. Of a VLAN: the link below.</summary>
    public int Lower { get; private set; }

    /// <summary>"bridge", "veth", "vlan".</summary>
    public string Kind { get; private set; } = "";

    public string Alias { get; private set; } = "";

    public bool IsOperUp { get; private set; }

    public bool IsUp => (Flags & IFF_UP) != 0;

    public bool IsPromiscuous => (Flags & IFF_PROMISC) != 0;

    /// <summary>Of a bridge.</summary>
    public bool VlanFiltering { get; private set; }

    /// <summary>Of a bridge: the VLAN in which each new port is.</summary>
    public int DefaultVlan { get; private set; }

    /// <summary>Of a VLAN.</summary>
    public int VlanId { get; private set; }

    /// <summary>Of a bridge's port.</summary>
    public bool Hairpin { get; private set; }

    /// <summary>Of a bridge's port.</summary>
    public bool Isolated { get; private set; }

    /// <summary>Null when the payload is too short to be one.</summary>
    public static Link? From(ReadOnlySpan<byte> payload)
    {
        if (NetlinkCheck.LinkHasItsHeader.Fails(payload.Length < IfInfoMsg.Length))
        {
            return null;
        }
        var header = MemoryMarshal.Read<IfInfoMsg>(payload);
        var link = new Link { Index = header.Index, Flags = header.Flags };
        var attributes = new AttributeReader(payload[IfInfoMsg.Length..]);
        while (attributes.Next())
        {
            link.Take(attributes);
        }
        return link;
    }

    private void Take(AttributeReader attribute)
    {
        switch (attribute.Type)
        {
            case IFLA_IFNAME:
                Name = attribute.Text;
                break;
            case IFLA_ADDRESS:
                Mac = MacAddress.ToText(attribute.Value);
                break;
            case IFLA_MTU:
                Mtu = (int)attribute.UInt32;
                break;
            case IFLA_LINK:
                Lower = (int)attribute.UInt32;
                break;
            case IFLA_MASTER:
                Master = (int)attribute.UInt32;
                break;
            case IFLA_IFALIAS:
                Alias = attribute.Text;
                break;
            case IFLA_OPERSTATE:
                IsOperUp = attribute.Byte == IF_OPER_UP;
                break;
            case IFLA_LINKINFO:
                TakeInfo(attribute.Inside);
                break;
        }
    }

    private void TakeInfo(AttributeReader info)
    {
        while (info.Next())
        {
            switch (info.Type)
            {
                case IFLA_INFO_KIND:
                    Kind = info.Text;
                    break;
                case IFLA_INFO_DATA when NetlinkCheck.DataAreABridges.Passes(Kind == "bridge"):
                    TakeBridge(info.Inside);
                    break;
                case IFLA_INFO_DATA when NetlinkCheck.DataAreAVlans.Passes(Kind == "vlan"):
                    TakeVlan(info.Inside);
                    break;
                case IFLA_INFO_SLAVE_DATA:
                    TakePort(info.Inside);
                    break;
            }
        }
    }

    private void TakeBridge(AttributeReader bridge)
    {
        while (bridge.Next())
        {
            if (bridge.Type == IFLA_BR_VLAN_FILTERING)
            {
                VlanFiltering = bridge.Byte != 0;
            }
            else if (bridge.Type == IFLA_BR_VLAN_DEFAULT_PVID)
            {
                DefaultVlan = bridge.UInt16;
            }
        }
    }

    private void TakeVlan(AttributeReader vlan)
    {
        while (vlan.Next())
        {
            if (vlan.Type == IFLA_VLAN_ID)
            {
                VlanId = vlan.UInt16;
            }
        }
    }

    private void TakePort(AttributeReader port)
    {
        while (port.Next())
        {
            if (port.Type == IFLA_BRPORT_MODE)
            {
                Hairpin = port.Byte != 0;
            }
            else if (port.Type == IFLA_BRPORT_ISOLATED)
            {
                Isolated = port.Byte != 0;
            }
        }
    }
}
