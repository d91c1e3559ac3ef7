namespace SharpRun.Netlink;

/// <summary>The kernel's constants of rtnetlink(7) under their own names: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h,
/// linux/if_bridge.h, linux/veth.h, linux/if.h, linux/ip.h. Checked against the C headers by tests/Kernel.Tests.</summary>
public static class RtNetlink
{
    public const ushort NLMSG_NOOP = 1;
    public const ushort NLM_F_REQUEST = 1, NLM_F_ACK = 4, NLM_F_EXCL = 0x200, NLM_F_CREATE = 0x400, NLM_F_APPEND = 0x800, NLM_F_DUMP = 0x300;

    public const ushort RTM_NEWLINK = 16, RTM_DELLINK = 17, RTM_GETLINK = 18, RTM_SETLINK = 19, RTM_NEWADDR = 20, RTM_DELADDR = 21, RTM_GETADDR = 22;
    public const ushort RTM_NEWROUTE = 24, RTM_GETROUTE = 26;

    // sys/socket.h
    public const byte AF_UNSPEC = 0, AF_INET = 2, AF_BRIDGE = 7, AF_INET6 = 10;

    public const uint IFF_UP = 1, IFF_LOOPBACK = 8, IFF_PROMISC = 0x100;
    public const byte IF_OPER_UP = 6;

    public const int IFLA_ADDRESS = 1, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_LINK = 5, IFLA_MASTER = 10, IFLA_OPERSTATE = 16;
    public const int IFLA_LINKINFO = 18, IFLA_IFALIAS = 20, IFLA_AF_SPEC = 26, IFLA_NET_NS_FD = 28, IFLA_EXT_MASK = 29;
    public const int IFLA_INFO_KIND = 1, IFLA_INFO_DATA = 2, IFLA_INFO_SLAVE_KIND = 4, IFLA_INFO_SLAVE_DATA = 5;
    public const int IFLA_BR_VLAN_FILTERING = 7, IFLA_BR_VLAN_DEFAULT_PVID = 39;
    public const int IFLA_BRPORT_MODE = 4, IFLA_BRPORT_ISOLATED = 33;
    public const int IFLA_VLAN_ID = 1, VETH_INFO_PEER = 1, IFLA_INET_CONF = 1, IPV4_DEVCONF_ARP_NOTIFY = 22;
    public const uint RTEXT_FILTER_SKIP_STATS = 8;

    public const int IFLA_BRIDGE_FLAGS = 0, IFLA_BRIDGE_VLAN_INFO = 2;
    public const ushort BRIDGE_FLAGS_MASTER = 1, BRIDGE_FLAGS_SELF = 2;
    public const ushort BRIDGE_VLAN_INFO_PVID = 2, BRIDGE_VLAN_INFO_UNTAGGED = 4, BRIDGE_VLAN_INFO_RANGE_BEGIN = 8, BRIDGE_VLAN_INFO_RANGE_END = 0x10;

    public const int IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_BROADCAST = 4, IFA_FLAGS = 8;
    public const uint IFA_F_NODAD = 2, IFA_F_DADFAILED = 8;

    public const int RTA_DST = 1, RTA_OIF = 4, RTA_GATEWAY = 5, RTA_PRIORITY = 6, RTA_METRICS = 8, RTA_MULTIPATH = 9, RTA_TABLE = 15;
    public const int RTAX_MTU = 2, RTAX_ADVMSS = 8;
    public const byte RT_TABLE_UNSPEC = 0, RT_TABLE_MAIN = 254, RTPROT_BOOT = 3, RTN_UNICAST = 1;
    public const uint RTNH_F_ONLINK = 4;
}
