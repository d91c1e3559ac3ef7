using System;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>
/// The name of an entry as a place in the root: no leading or double slash, no "." and no "..". A ".." takes away the component before it, whatever that
/// is, and stops at the root, as umoci, containerd and go's filepath.Clean read it; GNU tar cuts the name there instead. The whole is one buffer, used again.
/// </summary>
sealed class EntryPath
{
    private readonly byte[] _path = new byte[UnpackLimits.PathBytes + 2];
    private int _parentEnd, _lastStart, _end;

    /// <summary>It is the root itself.</summary>
    public bool IsRoot => _end == 0;

    /// <summary>Without a final zero; empty: the root.</summary>
    public ReadOnlySpan<byte> Parent => _path.AsSpan(0, _parentEnd);

    /// <summary>The last component, with a final zero.</summary>
    public ReadOnlySpan<byte> Last => _path.AsSpan(_lastStart, _end - _lastStart + 1);

    public void Set(byte[] name, byte[] entryName)
    {
        if (ImageCheck.EntryPathIsShort.Fails(name.Length > UnpackLimits.PathBytes || name.AsSpan().Contains((byte)0)))
        {
            throw new ImageError($"unpack {TarText.Of(entryName)}: a path cannot be {name.Length} bytes long, or have a zero in it");
        }
        var depth = 0;
        _end = 0;
        for (var rest = name.AsSpan(); !rest.IsEmpty;)
        {
            var slash = rest.IndexOf((byte)'/');
            var component = slash < 0 ? rest : rest[..slash];
            rest = slash < 0 ? default : rest[(slash + 1)..];
            if (component.IsEmpty || component is [(byte)'.'])
            {
                continue;
            }
            if (component is [(byte)'.', (byte)'.'])
            {
                _end = Math.Max(_path.AsSpan(0, _end).LastIndexOf((byte)'/'), 0);
                depth = Math.Max(depth - 1, 0);
                continue;
            }
            if (ImageCheck.EntryIsNotDeep.Fails(++depth > UnpackLimits.Depth))
            {
                throw TooDeep(entryName);
            }
            if (_end > 0)
            {
                _path[_end++] = (byte)'/';
            }
            component.CopyTo(_path.AsSpan(_end));
            _end += component.Length;
        }
        _path[_end] = 0;
        _parentEnd = Math.Max(_path.AsSpan(0, _end).LastIndexOf((byte)'/'), 0);
        _lastStart = _parentEnd == 0 ? 0 : _parentEnd + 1;
    }

    public static ImageError TooDeep(byte[] entryName) => new($"unpack {TarText.Of(entryName)}: more than {UnpackLimits.Depth} directories within each other");
}
