using System;
using System.Linq;
using System.Text;
using CsCheck;
using SharpRun.DBus;

namespace SharpRun.Fuzz;

/// <summary>Bytes from a bus and texts from annotations, changed in up to eight places: a message or a value, or WireError, within bounds of
/// memory.</summary>
static class Wire
{
    private static readonly byte[][] s_messages =
    [
        new Message { Kind = MessageKind.Reply, Serial = 1, ReplySerial = 1, Destination = ":1.7", Body = [":1.7"] }.ToBytes(),
        new Message { Kind = MessageKind.Reply, Serial = 2, ReplySerial = 2, Body = [new VariantValue("252.39")] }.ToBytes(),
        new Message { Kind = MessageKind.Error, Serial = 3, ReplySerial = 3, ErrorName = "org.freedesktop.systemd1.UnitExists", Body = ["it exists"] }.ToBytes(),
        new Message
        {
            Kind = MessageKind.Signal,
            Serial = 4,
            Path = "/org/freedesktop/systemd1",
            Interface = "org.freedesktop.systemd1.Manager",
            Member = "JobRemoved",
            Body = [Value.UInt32(7), new TextValue("/job/7", 'o'), "a.scope", "done"],
        }.ToBytes(),
        new Message
        {
            Kind = MessageKind.Call,
            Serial = 5,
            Path = "/a",
            Member = "StartTransientUnit",
            Body =
            [
                new ArrayValue("(sv)", [new StructValue("DeviceAllow", new VariantValue(new ArrayValue("(ss)", [new StructValue("a", "rwm")]))),
                    new StructValue("PIDs", new VariantValue(new ArrayValue("u", [Value.UInt32(1)])))]),
                new ArrayValue("(sa(sv))", []),
            ],
        }.ToBytes(),
    ];

    private static readonly byte[][] s_texts = [.. new[]
    {
        "'inactive-or-failed'", "uint64 18446744073709551615", "['a', \"b\\n\"]", "@a(st) [('a', 5), ('b', 0x10)]", "<(true, byte 5, @as [])>", "-0.5e3", "[[[<[[@au []]]>]]]",
    }.Select(text => Encoding.UTF8.GetBytes(text))];

    private static readonly byte[][] s_all = [.. s_messages, .. s_texts];

    public static void Sample(int seconds, string? seed)
    {
        var change = Gen.Select(Gen.Int[0, 3], Gen.UInt, Gen.Byte, (kind, place, value) => (kind, place, value));
        var inputs = Gen.Select(Gen.Int[0, s_all.Length - 1], change.Array[0, 8], (document, changes) =>
            (IsText: document >= s_messages.Length, Bytes: changes.Aggregate(s_all[document], Change)));
        inputs.Sample(input => Try(input.IsText, input.Bytes), time: seconds, seed: seed,
            print: input => (input.IsText ? "text " : "message ") + Convert.ToHexStringLower(input.Bytes));
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

    private static void Try(bool isText, byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (isText)
        {
            TryText(Encoding.UTF8.GetString(input));
        }
        else
        {
            TryMessage(input);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > 100_000 + 400L * input.Length)
        {
            throw new InvalidOperationException($"{allocated} bytes of memory for an input of {input.Length}");
        }
    }
    private static void TryText(string text)
    {
        Value value;
        try
        {
            value = ValueText.Parse(text);
        }
        catch (WireError)
        {
            return;
        }
        // What is read can be sent as a property, and is the same when it is read again.
        var property = new ArrayValue("(sv)", [new StructValue("Name", new VariantValue(value))]);
        var bytes = new Message { Kind = MessageKind.Reply, ReplySerial = 1, Body = [property] }.ToBytes();
        if (!Message.Parse(bytes).ToBytes().AsSpan().SequenceEqual(bytes))
        {
            throw new InvalidOperationException("it is not read as it was written");
        }
    }

    private static void TryMessage(byte[] input)
    {
        try
        {
            Message.Parse(input);
        }
        catch (WireError)
        {
        }
        try
        {
            Authentication.LengthOfAnswer(input);
        }
        catch (WireError)
        {
        }
    }
}
