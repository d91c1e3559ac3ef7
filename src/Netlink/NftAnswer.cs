using System;
using System.Collections.Generic;
using System.Text;

namespace SharpRun.Netlink;

/// <summary>A rule that is there. Comment: null without one.</summary>
public sealed record NftRule(string Chain, ulong Handle, byte[] Expressions, string? Comment);

/// <summary>An element of a set or map that is there.</summary>
public sealed record NftElement(byte[] Key, byte[] Data, string? Comment);

/// <summary>What nf_tables answers; each takes the payload of a message.</summary>
public static class NftAnswer
{
    // struct nfgenmsg.
    private const int HeaderLength = 4;

    /// <summary>nft's place for a comment in userdata: type, length, and text with a final zero.</summary>
    private const byte CommentType = 0;

    /// <summary>The longest text that fits into the 256 bytes of userdata, with type, length and final zero.</summary>
    public const int LongestComment = 253;

    public static uint Generation(ReadOnlySpan<byte> payload)
    {
        var attributes = Of(payload);
        while (attributes.Next())
        {
            if (attributes.Type == 1)
            {
                return attributes.BigEndian32;
            }
        }
        return 0;
    }

    public static string SetName(ReadOnlySpan<byte> payload)
    {
        var attributes = Of(payload);
        while (attributes.Next())
        {
            if (attributes.Type == 2)
            {
                return attributes.Text;
            }
        }
        return "";
    }

    public static NftRule Rule(ReadOnlySpan<byte> payload)
    {
        var rule = new NftRule("", 0, [], null);
        var attributes = Of(payload);
        while (attributes.Next())
        {
            rule = attributes.Type switch
            {
                2 => rule with { Chain = attributes.Text },
                3 => rule with { Handle = attributes.BigEndian64 },
                4 => rule with { Expressions = attributes.Value.ToArray() },
                7 => rule with { Comment = CommentOf(attributes.Value) },
                _ => rule,
            };
        }
        return rule;
    }

    /// <summary>One message holds many.</summary>
    public static void Elements(ReadOnlySpan<byte> payload, List<NftElement> elements)
    {
        var attributes = Of(payload);
        while (attributes.Next())
        {
            if (attributes.Type != 3)
            {
                continue;
            }
            var list = attributes.Inside;
            while (list.Next())
            {
                elements.Add(Element(list.Inside));
            }
        }
    }

    public static byte[] Comment(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [CommentType, (byte)(bytes.Length + 1), .. bytes, 0];
    }

    /// <summary>Is all that was written in what the kernel gives back? It may add attributes, order them in its own way and leaves out the flag of nested ones.</summary>
    public static bool IsWithin(ReadOnlySpan<byte> written, ReadOnlySpan<byte> given)
    {
        var wanted = new AttributeReader(written);
        var found = new AttributeReader(given);
        var isList = IsList(written);
        while (wanted.Next())
        {
            // The elements of a list are compared in their order; other attributes are looked for by their type.
            found = isList ? found : new AttributeReader(given);
            var isThere = false;
            while (!isThere && found.Next())
            {
                isThere = found.Type == wanted.Type && (wanted.IsNested
                    ? IsWithin(wanted.Value, found.Value) : NetlinkCheck.ValueIsTheWritten.Passes(wanted.Value.SequenceEqual(found.Value)));
                if (NetlinkCheck.ListIsInItsOrder.Fails(isList && !isThere))
                {
                    return false;
                }
            }
            if (NetlinkCheck.WrittenIsThere.Fails(!isThere))
            {
                return false;
            }
        }
        return NetlinkCheck.ListHasNoMore.Passes(!isList || !found.Next());
    }

    // More than one attribute, all of the same type.
    private static bool IsList(ReadOnlySpan<byte> attributes)
    {
        var reader = new AttributeReader(attributes);
        var count = 0;
        var type = -1;
        while (reader.Next())
        {
            if (count++ > 0 && reader.Type != type)
            {
                return false;
            }
            type = reader.Type;
        }
        return count > 1;
    }

    private static NftElement Element(AttributeReader attributes)
    {
        var element = new NftElement([], [], null);
        while (attributes.Next())
        {
            element = attributes.Type switch
            {
                1 => element with { Key = ValueOf(attributes.Inside) },
                2 => element with { Data = ValueOf(attributes.Inside) },
                6 => element with { Comment = CommentOf(attributes.Value) },
                _ => element,
            };
        }
        return element;
    }

    private static byte[] ValueOf(AttributeReader attributes) => attributes.Next() && attributes.Type == 1 ? attributes.Value.ToArray() : [];

    private static string? CommentOf(ReadOnlySpan<byte> userData)
    {
        while (userData.Length >= 2 && NetlinkCheck.CommentIsWhole.Passes(userData.Length >= 2 + userData[1]))
        {
            var text = userData.Slice(2, userData[1]);
            if (userData[0] == CommentType)
            {
                return Encoding.UTF8.GetString(text.TrimEnd((byte)0));
            }
            userData = userData[(2 + text.Length)..];
        }
        return null;
    }

    private static AttributeReader Of(ReadOnlySpan<byte> payload) => new(NetlinkCheck.AnswerHasItsHeader.Passes(payload.Length >= HeaderLength) ? payload[HeaderLength..] : default);
}
