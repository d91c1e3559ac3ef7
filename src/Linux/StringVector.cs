using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace SharpRun.Linux;

/// <summary>An argv or envp for execve(2), laid out in unmanaged memory by the parent, so that the clone child needs no allocation.
/// Never freed: the program replaces it, or the command ends.</summary>
public sealed unsafe class StringVector
{
    private readonly byte** _pointers;
    private readonly byte* _text;
    private readonly int _capacity;
    private readonly int _room;
    private int _count;
    private int _used;

    /// <summary>Capacity in strings; room in bytes, final zeros included.</summary>
    public StringVector(int capacity, int room)
    {
        _capacity = capacity;
        _room = room;
        _pointers = (byte**)NativeMemory.AllocZeroed((nuint)(capacity + 1), (nuint)sizeof(byte*));
        _text = (byte*)NativeMemory.Alloc((nuint)Math.Max(room, 1));
    }

    /// <summary>A vector of exactly these strings, none with a final zero.</summary>
    public static StringVector Of(IReadOnlyList<string> texts)
    {
        var room = 0;
        foreach (var text in texts)
        {
            room += Encoding.UTF8.GetByteCount(text) + 1;
        }
        var vector = new StringVector(texts.Count, room);
        foreach (var text in texts)
        {
            vector.TryAdd(Encoding.UTF8.GetBytes(text));
        }
        return vector;
    }

    /// <summary>Adds one string made of two parts, neither with a final zero; false when it does not fit.</summary>
    public bool TryAdd(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        var length = first.Length + second.Length + 1;
        if (_count == _capacity || _used + length > _room)
        {
            return false;
        }
        var start = _text + _used;
        first.CopyTo(new Span<byte>(start, first.Length));
        second.CopyTo(new Span<byte>(start + first.Length, second.Length));
        start[length - 1] = 0;
        _pointers[_count++] = start;
        _used += length;
        return true;
    }

    /// <summary>As execve(2) wants it, with a final null.</summary>
    internal byte** Pointers => _pointers;

    /// <summary>Executes the program with this vector as its arguments; comes back only with an errno.</summary>
    public Errno Execute(ReadOnlySpan<byte> path, StringVector environment)
    {
        fixed (byte* name = path)
        {
            _ = Tmds.Linux.LibC.execve(name, _pointers, environment._pointers);
            return Sys.LastError;
        }
    }
}
