using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;
using ZstdSharp;

namespace SharpRun.Image.Transports;

/// <summary>A tar archive that holds an image: where the bytes of each of its files are. Nothing is unpacked; of a compressed archive each file is
/// read by decompressing all before it.</summary>
sealed class ImageArchive : IDisposable
{
    private const int FarAhead = 1 << 20;

    /// <summary>A regular file's bytes in the (decompressed) archive, or where a link leads.</summary>
    private readonly record struct Entry(long Start, long Length, string? Link);

    private readonly SafeFileHandle _file;
    private readonly long _size;
    private readonly bool _isCompressed;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private ImageArchive(SafeFileHandle file, long size, string path)
    {
        (_file, _size, Path) = (file, size, path);
        Span<byte> start = stackalloc byte[6];
        using var beginning = Bytes();
        start = start[..beginning.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        _isCompressed = Compressions.Of(start, $"archive {path}") != Compression.None;
    }

    public string Path { get; }

    public static ImageArchive Open(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, Folder.Bytes(path), Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        var file = new SafeFileHandle(opened.OrThrow($"open the archive {path}"), ownsHandle: true);
        try
        {
            Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"look at {path}");
            if (ImageCheck.ArchiveIsRegular.Fails(!status.IsRegular))
            {
                throw new ImageError($"open the archive {path}: it is no regular file");
            }
            var archive = new ImageArchive(file, (long)status.Size, path);
            archive.FindEntries();
            return archive;
        }
        catch (TarError error)
        {
            file.Dispose();
            throw new ImageError($"read the archive {path}: {error.Message}");
        }
        catch (Exception error) when (error is InvalidDataException or ZstdException or EndOfStreamException)
        {
            file.Dispose();
            throw new ImageError($"decompress the archive {path}: {error.Message}");
        }
        catch (Exception)
        {
            file.Dispose();
            throw;
        }
    }

    private FilePart Bytes() => new(_file, Path, 0, _size, owns: false);

    private Stream Uncompressed() => _isCompressed ? Compressions.Open(Bytes(), $"archive {Path}") : Bytes();

    private void FindEntries()
    {
        using var stream = Uncompressed();
        var (reader, origin) = (new TarReader(stream, TarLimits.Default), 0L);
        for (var entry = reader.Next(); entry is not null; entry = reader.Next())
        {
            var start = origin + reader.Position;
            Remember(entry, start);
            if (!_isCompressed && entry is { Kind: TarKind.File, IsSparse: false, Size: > FarAhead })
            {
                // Past the bytes of a blob without reading them.
                origin = start + ((entry.Size + 511) & ~511L);
                if (start + entry.Size > _size)
                {
                    throw new ImageError($"read the archive {Path}: it ends in the middle of {OneLine.Of(Encoding.UTF8.GetString(entry.Name))}");
                }
                stream.Position = origin;
                reader = new TarReader(stream, TarLimits.Default);
            }
        }
    }

    // Of two entries with one name the last is meant, as when it is unpacked.
    private void Remember(TarEntry entry, long start)
    {
        if (_entries.Count >= TransportLimits.ArchiveEntries)
        {
            throw new ImageError($"read the archive {Path}: it has more than {TransportLimits.ArchiveEntries} entries");
        }
        var name = Clean(Encoding.UTF8.GetString(entry.Name));
        var link = Encoding.UTF8.GetString(entry.LinkName);
        if (entry.Kind == TarKind.File && !entry.IsSparse)
        {
            _entries[name] = new Entry(start, entry.Size, null);
        }
        else if (entry.Kind is TarKind.Symlink or TarKind.HardLink)
        {
            var from = entry.Kind == TarKind.Symlink && !link.StartsWith('/') ? name[..(name.LastIndexOf('/') + 1)] : "";
            _entries[name] = new Entry(0, 0, Clean(from + link));
        }
        else
        {
            _entries.Remove(name);
        }
    }

    // "./a//b/../c" is "a/c"; nothing is above the archive's root.
    private static string Clean(string name)
    {
        var words = new List<string>();
        foreach (var word in name.Split('/'))
        {
            if (word == ".." && words.Count > 0)
            {
                words.RemoveAt(words.Count - 1);
            }
            else if (word is not ("" or "." or ".."))
            {
                words.Add(word);
            }
        }
        return string.Join('/', words);
    }

    private Entry? Find(string name)
    {
        var at = Clean(name);
        for (var hop = 0; hop <= TransportLimits.ArchiveLinks; hop++)
        {
            if (!_entries.TryGetValue(at, out var entry))
            {
                return null;
            }
            if (entry.Link is null)
            {
                return entry;
            }
            at = entry.Link;
        }
        throw new ImageError($"read the archive {Path}: the link {OneLine.Of(name)} leads nowhere after {TransportLimits.ArchiveLinks} others");
    }

    /// <summary>Negative: there is no such file.</summary>
    public long SizeOf(string name) => Find(name)?.Length ?? -1;

    /// <summary>A file's bytes from an offset on.</summary>
    public Stream OpenEntry(string name, long offset)
    {
        var entry = Find(name) ?? throw new ImageError($"read the archive {Path}: it has no file {OneLine.Of(name)}");
        if (!_isCompressed)
        {
            return new FilePart(_file, Path, entry.Start, entry.Length, owns: false) { Position = offset };
        }
        return new StreamPart(Uncompressed(), entry.Start + offset, Math.Max(entry.Length - offset, 0), Path);
    }

    /// <summary>Null: there is no such file.</summary>
    public byte[]? TryRead(string name, int limit)
    {
        var size = SizeOf(name);
        if (size < 0)
        {
            return null;
        }
        if (ImageCheck.ArchivedFileIsSmall.Fails(size > limit))
        {
            throw new ImageError($"read {OneLine.Of(name)} in {Path}: its {size} bytes are more than the {limit} that are taken");
        }
        using var stream = OpenEntry(name, 0);
        var bytes = new byte[size];
        return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == size
            ? bytes
            : throw new ImageError($"read {OneLine.Of(name)} in {Path}: the archive ends in the middle of it");
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Some bytes out of the middle of a stream that only goes forward, which is disposed with it.</summary>
sealed class StreamPart(Stream stream, long start, long length, string path) : ForwardStream
{
    private long _toSkip = start, _left = length;

    public override bool CanRead => true;

    public override int Read(Span<byte> buffer)
    {
        try
        {
            Skip();
            var read = stream.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= read;
            return read;
        }
        catch (Exception error) when (error is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new ImageError($"decompress the archive {path}: {error.Message}");
        }
    }

    private void Skip()
    {
        var nothing = _toSkip > 0 ? new byte[64 << 10] : [];
        while (_toSkip > 0)
        {
            var read = stream.Read(nothing.AsSpan(0, (int)Math.Min(nothing.Length, _toSkip)));
            if (read == 0)
            {
                (_toSkip, _left) = (0, 0);
            }
            _toSkip -= Math.Min(read, _toSkip);
        }
    }

    protected override void Dispose(bool disposing)
    {
        stream.Dispose();
        base.Dispose(disposing);
    }
}
