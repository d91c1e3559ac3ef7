using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using SharpRun.Cni;
using SharpRun.Linux;

namespace SharpRun.Net.Attachments;

/// <summary>The host's IPv4 routes, as /proc/net/route shows them: enough to see that a network's addresses are in use.</summary>
static class HostRoutes
{
    private const int MaxLength = 16 << 20;

    /// <summary>The first route into the subnet, or around it, that does not go by this interface; null: none. The default route leads everywhere and does not count.</summary>
    public static string? Overlapping(Cidr subnet, string ownInterface) =>
        ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/net/route\0"u8, MaxLength, out var bytes) == Errno.OK
            ? Overlapping(Encoding.ASCII.GetString(bytes), subnet, ownInterface) : null;

    internal static string? Overlapping(string table, Cidr subnet, string ownInterface)
    {
        foreach (var line in table.Split('\n'))
        {
            // Iface Destination Gateway Flags RefCnt Use Metric Mask ...; numbers in the byte order of the machine.
            var words = line.Split('\t', StringSplitOptions.TrimEntries);
            if (NetCheck.RouteIsWhole.Passes(words.Length > 7) && NetCheck.RouteIsNotOurs.Passes(words[0] != ownInterface)
                && TryNumber(words[1], out var destination) && TryNumber(words[7], out var mask) && NetCheck.RouteIsNotDefault.Passes(mask != 0))
            {
                var route = new Cidr(AddressOf(destination), BitOperations.PopCount(mask));
                if (NetCheck.SubnetIsNobodys.Fails(subnet.Contains(route.Address) || route.Contains(subnet.Address)))
                {
                    return $"{route} by {words[0]}";
                }
            }
        }
        return null;
    }

    private static bool TryNumber(string text, out uint number) => uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number);

    private static IPAddress AddressOf(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
