using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>Extended attributes of what stands in a tree, whatever its kind. flistxattr(2) wants a file that is open for reading, which a device or
/// a link never is here; so the directory's descriptor is named through /proc, and the last component is not followed.</summary>
public sealed class TreeAttributes
{
    // XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h.
    private readonly byte[] _names = new byte[64 << 10];
    private readonly byte[] _value = new byte[64 << 10];

    /// <summary>The name has a final zero and is one component, or "." for the directory itself.</summary>
    public Errno Read(int directory, ReadOnlySpan<byte> name, out IReadOnlyList<TarAttribute> attributes)
    {
        attributes = [];
        var listed = Sys.ListAttributesAt(directory, name, _names);
        if (!listed.Ok || listed.Value == 0)
        {
            return listed.Error is Errno.EOPNOTSUPP ? Errno.OK : listed.Error;
        }
        var found = new List<TarAttribute>();
        for (var rest = _names.AsSpan(0, listed.Value); !rest.IsEmpty;)
        {
            var attribute = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[attribute.Length..];
            var read = Sys.GetAttributeAt(directory, name, attribute, _value);
            // ENODATA: taken away meanwhile. Some file systems list names of which they have no value for us.
            if (read.Error is Errno.ENODATA or Errno.EOPNOTSUPP)
            {
                continue;
            }
            if (!read.Ok)
            {
                return read.Error;
            }
            found.Add(new TarAttribute(attribute[..^1].ToArray(), _value.AsSpan(0, read.Value).ToArray()));
        }
        found.Sort((a, b) => BytesComparer.Instance.Compare(a.Name, b.Name));
        attributes = found;
        return Errno.OK;
    }
}
