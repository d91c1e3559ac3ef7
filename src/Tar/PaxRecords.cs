using System;
using System.Collections.Generic;

namespace SharpRun.Tar;

/// <summary>
/// What the records "LENGTH KEY=VALUE\n" of extended headers say (POSIX.1 pax, "pax Extended Header"). A value may hold any byte. An empty one
/// takes back an earlier one of the key, but an empty attribute is one. Other keys are not for us.
/// </summary>
sealed class PaxRecords(TarLimits limits)
{
    private static ReadOnlySpan<byte> AttributePrefix => "SCHILY.xattr."u8;

    public byte[]? Path { get; private set; }

    public byte[]? LinkPath { get; private set; }

    public long? Size { get; private set; }

    public long? Uid { get; private set; }

    public long? Gid { get; private set; }

    public TarTime? ModifiedAt { get; private set; }

    public long? DeviceMajor { get; private set; }

    public long? DeviceMinor { get; private set; }

    public List<TarAttribute> Attributes { get; private init; } = [];

    public long? SparseMajor { get; private set; }

    public long? SparseMinor { get; private set; }

    public byte[]? SparseName { get; private set; }

    /// <summary>With the holes.</summary>
    public long? SparseSize { get; private set; }

    /// <summary>Offset and length by turns, of the forms 0.0 and 0.1.</summary>
    public List<long>? SparseMap { get; private set; }

    /// <summary>For an entry after global headers.</summary>
    public PaxRecords Copy() => new(limits)
    {
        Uid = Uid,
        Gid = Gid,
        ModifiedAt = ModifiedAt,
        Attributes = [.. Attributes],
    };

    /// <summary>Null, or what is wrong.</summary>
    public string? Add(ReadOnlySpan<byte> records, bool areGlobal)
    {
        while (!records.IsEmpty)
        {
            // "30 mtime=1350244992.023960108\n": the length counts all of it.
            var space = records.IndexOf((byte)' ');
            if (space is < 1 or > 19 || !Numbers.TryDecimal(records[..space], out var length) || length <= space + 1 || length > records.Length
                || records[(int)length - 1] != '\n')
            {
                return "a record of its extended header has not the length that it says";
            }
            var record = records[(space + 1)..((int)length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (TarCheck.RecordHasAKey.Fails(equals < 1))
            {
                return "a record of its extended header has no key";
            }
            if (AddOne(record[..equals], record[(equals + 1)..], areGlobal) is { } problem)
            {
                return problem;
            }
            records = records[(int)length..];
        }
        return null;
    }

    private string? AddOne(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isGlobal)
    {
        if (key.StartsWith(AttributePrefix))
        {
            return AddAttribute(key[AttributePrefix.Length..], value);
        }
        var isWellFormed = key switch
        {
            _ when key.SequenceEqual("uid"u8) => TryNumber(value, out var number) && Is(Uid = number),
            _ when key.SequenceEqual("gid"u8) => TryNumber(value, out var number) && Is(Gid = number),
            _ when key.SequenceEqual("mtime"u8) => TrySetTime(value),
            _ when !IsOfOneEntry(key) => true,
            // Each tool reads these in a global header in another way; nobody writes them.
            _ when TarCheck.GlobalRecordIsOfAllEntries.Fails(isGlobal) => false,
            _ => AddOfOneEntry(key, value),
        };
        return TarCheck.RecordIsWellFormed.Passes(isWellFormed) ? null : $"the record {TarText.Of(key)} of its extended header is not well-formed";
    }

    private static bool IsOfOneEntry(ReadOnlySpan<byte> key) =>
        key.SequenceEqual("path"u8) || key.SequenceEqual("linkpath"u8) || key.SequenceEqual("size"u8) || key.StartsWith("GNU.sparse."u8)
        || key.StartsWith("SCHILY.dev"u8);

    private bool AddOfOneEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        long? number;
        switch (key)
        {
            case var _ when key.SequenceEqual("path"u8):
                Path = value.IsEmpty ? null : value.ToArray();
                return !value.Contains((byte)0);
            case var _ when key.SequenceEqual("linkpath"u8):
                LinkPath = value.IsEmpty ? null : value.ToArray();
                return !value.Contains((byte)0);
            case var _ when key.SequenceEqual("GNU.sparse.name"u8):
                SparseName = value.IsEmpty ? null : value.ToArray();
                return !value.Contains((byte)0);
            case var _ when key.SequenceEqual("size"u8):
                return TryNumber(value, out number) && Is(Size = number);
            case var _ when key.SequenceEqual("SCHILY.devmajor"u8):
                return TryNumber(value, out number) && Is(DeviceMajor = number);
            case var _ when key.SequenceEqual("SCHILY.devminor"u8):
                return TryNumber(value, out number) && Is(DeviceMinor = number);
            case var _ when key.SequenceEqual("GNU.sparse.major"u8):
                return TryNumber(value, out number) && Is(SparseMajor = number);
            case var _ when key.SequenceEqual("GNU.sparse.minor"u8):
                return TryNumber(value, out number) && Is(SparseMinor = number);
            case var _ when key.SequenceEqual("GNU.sparse.size"u8) || key.SequenceEqual("GNU.sparse.realsize"u8):
                return TryNumber(value, out number) && Is(SparseSize = number);
            case var _ when key.SequenceEqual("GNU.sparse.offset"u8):
                return AddToMap(value, isLength: false);
            case var _ when key.SequenceEqual("GNU.sparse.numbytes"u8):
                return AddToMap(value, isLength: true);
            case var _ when key.SequenceEqual("GNU.sparse.map"u8):
                return SetMap(value);
            default:
                return true;
        }
    }

    // An assignment as part of a condition.
    private static bool Is(long? _) => true;

    private static bool TryNumber(ReadOnlySpan<byte> value, out long? number)
    {
        var isNumber = Numbers.TryDecimal(value, out var parsed);
        number = isNumber ? parsed : null;
        return isNumber || value.IsEmpty;
    }

    private bool TrySetTime(ReadOnlySpan<byte> value)
    {
        var isTime = Numbers.TryTime(value, out var time);
        ModifiedAt = isTime ? time : null;
        return isTime || value.IsEmpty;
    }

    // One more than the limit is kept, so that the reader can say so.
    private bool AddToMap(ReadOnlySpan<byte> value, bool isLength)
    {
        SparseMap ??= [];
        if (!Numbers.TryDecimal(value, out var number) || SparseMap.Count % 2 != (isLength ? 1 : 0))
        {
            return false;
        }
        if (SparseMap.Count / 2 <= limits.SparsePieces)
        {
            SparseMap.Add(number);
        }
        return true;
    }

    private bool SetMap(ReadOnlySpan<byte> value)
    {
        SparseMap = value.IsEmpty ? null : [];
        while (!value.IsEmpty)
        {
            var comma = value.IndexOf((byte)',');
            if (!AddToMap(comma < 0 ? value : value[..comma], SparseMap!.Count % 2 == 1) || comma == value.Length - 1)
            {
                return false;
            }
            value = comma < 0 ? default : value[(comma + 1)..];
        }
        return SparseMap is not { Count: var count } || count % 2 == 0;
    }

    private string? AddAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var decoded = AttributeNames.Decode(name);
        if (TarCheck.AttributeHasAName.Fails(decoded.Length == 0 || decoded.AsSpan().Contains((byte)0)))
        {
            return "an extended attribute has no name";
        }
        for (var i = 0; i < Attributes.Count; i++)
        {
            if (Attributes[i].Name.AsSpan().SequenceEqual(decoded))
            {
                Attributes[i] = new TarAttribute(decoded, value.ToArray());
                return null;
            }
        }
        if (TarCheck.AttributesAreFew.Fails(Attributes.Count == limits.Attributes))
        {
            return $"it has more than {limits.Attributes} extended attributes";
        }
        Attributes.Add(new TarAttribute(decoded, value.ToArray()));
        return null;
    }
}
