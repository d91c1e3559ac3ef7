using System;
using System.Linq;
using CsCheck;
using SharpRun.Netlink;

namespace SharpRun.Fuzz;

/// <summary>Netlink datagrams, changed in up to eight places: every walk over messages and attributes comes to an end, inside the datagram.</summary>
static class Datagrams
{
    private const int Deepest = 6;

    private static readonly byte[][] s_samples =
    [
        new MessageWriter().Begin(16, 5, 7).Bytes4(0).Bytes4(1).Attribute(3, "eth0").Nest(18, link => link.Attribute(1, "veth").Nest(2, data => data.UInt16(1, 5))).End().Bytes.ToArray(),
        new MessageWriter().Begin(2, 0x300, 9).Bytes4(unchecked((uint)-17)).Bytes4(20).Attribute(1, "no").Begin(3, 2, 10).Bytes4(0).End().Bytes.ToArray(),
        new MessageWriter().Begin(2566, 0, 3).Bytes4(1).Nest(4, list => list.Nest(1, one => one.BigEndian32(1, 8).BigEndian64(2, 9).Flag(3))).End().Bytes.ToArray(),
    ];

    public static void Sample(int seconds, string? seed)
    {
        var change = Gen.Select(Gen.Int[0, 3], Gen.UInt, Gen.Byte, (kind, place, value) => (kind, place, value));
        var inputs = Gen.Select(Gen.Int[0, s_samples.Length - 1], change.Array[0, 8], (sample, changes) => changes.Aggregate(s_samples[sample], Change));
        inputs.Sample(bytes => Watched.Run(bytes, "bin", 100_000 + 400L * bytes.Length, () => Walk(bytes)), time: seconds, seed: seed,
            print: input => Watched.Save(input, "bin"));
    }

    private static byte[] Change(byte[] bytes, (int Kind, uint Place, byte Value) change)
    {
        var at = (int)(change.Place % (uint)(bytes.Length + 1));
        return change.Kind switch
        {
            0 when at < bytes.Length => [.. bytes[..at], change.Value, .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], change.Value, .. bytes[at..]],
            2 => bytes[..at],
            _ => [.. bytes[..at], .. bytes[..at], .. bytes[at..]],
        };
    }

    private static void Walk(byte[] bytes)
    {
        var reader = new MessageReader(bytes);
        var left = bytes.Length;
        while (reader.Next())
        {
            left -= MessageWriter.HeaderLength + reader.Payload.Length;
            if (left < 0)
            {
                throw new InvalidOperationException("more was read than there is");
            }
            for (var start = 0; start <= Math.Min(20, reader.Payload.Length); start += 4)
            {
                Walk(new AttributeReader(reader.Payload[start..]), 0);
            }
        }
        if (reader.Next())
        {
            throw new InvalidOperationException("the walk goes on behind its end");
        }
    }

    private static void Walk(AttributeReader attributes, int depth)
    {
        while (attributes.Next())
        {
            _ = (attributes.Text, attributes.UInt32, attributes.BigEndian32, attributes.BigEndian64);
            if (depth < Deepest)
            {
                Walk(attributes.Inside, depth + 1);
            }
        }
    }
}
