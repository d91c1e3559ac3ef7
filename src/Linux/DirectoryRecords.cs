using System;
using System.Buffers.Binary;

namespace SharpRun.Linux;

/// <summary>The names in a buffer that getdents64(2) filled, without "." and "..". For foreach.</summary>
public ref struct DirectoryRecords(ReadOnlySpan<byte> records)
{
    private ReadOnlySpan<byte> _rest = records;

    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>The record's d_type (DT_DIR, DT_LNK ...), DT_UNKNOWN on file systems that do not say.</summary>
    public byte CurrentType { get; private set; }

    public readonly DirectoryRecords GetEnumerator() => this;

    // struct linux_dirent64: inode (8), offset (8), record length (2), type (1), name with a final zero.
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[16..]);
            var name = _rest[19..length];
            CurrentType = _rest[18];
            _rest = _rest[length..];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                Current = name;
                return true;
            }
        }
        return false;
    }
}
