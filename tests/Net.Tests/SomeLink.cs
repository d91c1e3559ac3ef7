using System;
using SharpRun.Netlink;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Tests;

static class SomeLink
{
    /// <summary>"eth0" as the kernel tells it, with these attributes more.</summary>
    public static Link Of(int index, string kind = "veth", uint flags = 0, Action<MessageWriter>? more = null, Action<MessageWriter>? data = null, Action<MessageWriter>? port = null)
    {
        var writer = new MessageWriter().Struct(new IfInfoMsg(AF_UNSPEC, index, flags)).Attribute(IFLA_IFNAME, "eth0").Attribute(IFLA_ADDRESS, [2, 0, 0, 0, 0, 1]);
        more?.Invoke(writer);
        writer.Nest(IFLA_LINKINFO, info =>
        {
            info.Attribute(IFLA_INFO_KIND, kind);
            if (data is not null)
            {
                info.Nest(IFLA_INFO_DATA, data);
            }
            if (port is not null)
            {
                info.Nest(IFLA_INFO_SLAVE_DATA, port);
            }
        });
        return Link.From(writer.Bytes)!;
    }
}
