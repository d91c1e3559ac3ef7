using System;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SharpRun.Linux;

namespace SharpRun.Sealed;

/// <summary>A part of the program's file in memory. HasOwnPages: some of its pages may differ from the file's.</summary>
readonly record struct Mapping(nuint Start, nuint Length, int Protection, long Offset, bool HasOwnPages);

/// <summary>Where the running program is mapped, as the kernel knows it.</summary>
static class ProgramMappings
{
    /// <summary>In the order of their addresses: the writable ones come last.</summary>
    [SkipLocalsInit]
    public static Refusal? Read(Span<Mapping> mappings, out int count)
    {
        count = 0;
        // About 60 lines; they are many because of the collector's heap.
        Span<byte> buffer = stackalloc byte[16384];
        var length = ProcFiles.Read("/proc/self/maps"u8, buffer);
        if (length <= 0 || length == buffer.Length)
        {
            return new Refusal("/proc/self/maps is unreadable or too long", Errno.OK);
        }
        ReadOnlySpan<byte> text = buffer[..length];
        var file = FileOf(text, Sys.AuxiliaryValue(Native.AT_ENTRY));
        var pageMap = Sys.Open(Native.AT_FDCWD, "/proc/self/pagemap"u8, Native.O_RDONLY);
        if (!pageMap.Ok)
        {
            return new Refusal("open /proc/self/pagemap", pageMap.Error);
        }
        while (text.Length > 0 && !file.IsEmpty)
        {
            var line = NextLine(ref text);
            if (!Parse(line, out var mapping, out var mapped) || !mapped.SequenceEqual(file))
            {
                continue;
            }
            if (count == mappings.Length)
            {
                file = default;
                break;
            }
            var own = (mapping.Protection & Native.PROT_WRITE) != 0 || HasOwnPages(pageMap.Value, mapping);
            mappings[count++] = mapping with { HasOwnPages = own };
        }
        Sys.Close(pageMap.Value);
        return file.IsEmpty ? new Refusal("/proc/self/maps is not as expected", Errno.OK) : null;
    }

    private static ReadOnlySpan<byte> NextLine(scoped ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return line;
    }

    /// <summary>"fe:00 11657945", the device and inode that the address is mapped from; empty for an anonymous page.</summary>
    private static ReadOnlySpan<byte> FileOf(ReadOnlySpan<byte> text, nuint address)
    {
        while (text.Length > 0)
        {
            if (Parse(NextLine(ref text), out var mapping, out var file) && address - mapping.Start < mapping.Length)
            {
                return file.EndsWith(" 0"u8) ? default : file;
            }
        }
        return default;
    }

    /// <summary>"7fbad7c00000-7fbad7c5f000 r--p 00001000 fe:00 11657945     /path", as in proc(5).</summary>
    private static bool Parse(ReadOnlySpan<byte> line, out Mapping mapping, out ReadOnlySpan<byte> file)
    {
        mapping = default;
        file = default;
        if (!Utf8Parser.TryParse(line, out ulong start, out var used, 'x') || line.Length < used + 1
            || !Utf8Parser.TryParse(line[(used + 1)..], out ulong end, out var more, 'x') || line.Length < used + more + 8)
        {
            return false;
        }
        var letters = line[(used + more + 2)..];
        var protection = (letters[0] == 'r' ? Native.PROT_READ : 0) | (letters[1] == 'w' ? Native.PROT_WRITE : 0) | (letters[2] == 'x' ? Native.PROT_EXEC : 0);
        var rest = letters[5..];
        if (letters[3] != 'p' || !Utf8Parser.TryParse(rest, out ulong offset, out used, 'x') || rest.Length < used + 1)
        {
            return false;
        }
        rest = rest[(used + 1)..];
        var blank = rest.IndexOf((byte)' ');
        var inode = blank < 0 ? -1 : rest[(blank + 1)..].IndexOf((byte)' ');
        file = inode < 0 ? rest : rest[..(blank + 1 + inode)];
        mapping = new Mapping((nuint)start, (nuint)(end - start), protection, (long)offset, false);
        return true;
    }

    /// <summary>
    /// Whether a page was ever written (the runtime makes a page of read-only data writable for a moment): it is an anonymous page then, present
    /// without the bit for a file's page, or swapped. A page that is absent and not swapped is the file's (Documentation/admin-guide/mm/pagemap.rst).
    /// What cannot be read counts as written: a copy is always right.
    /// </summary>
    [SkipLocalsInit]
    private static bool HasOwnPages(int pageMap, in Mapping mapping)
    {
        const ulong present = 1UL << 63, swapped = 1UL << 62, ofFile = 1UL << 61;
        Span<ulong> entries = stackalloc ulong[512];
        var pageSize = Sys.AuxiliaryValue(Native.AT_PAGESZ);
        var pages = (long)(mapping.Length / pageSize);
        var first = (long)(mapping.Start / pageSize);
        for (long done = 0; done < pages;)
        {
            var part = entries[..(int)Math.Min(pages - done, entries.Length)];
            var bytes = MemoryMarshal.AsBytes(part);
            var read = Sys.PRead(pageMap, bytes, (first + done) * sizeof(ulong));
            if (!read.Ok || read.Value != bytes.Length)
            {
                return true;
            }
            foreach (var entry in part)
            {
                if ((entry & swapped) != 0 || (entry & (present | ofFile)) == present)
                {
                    return true;
                }
            }
            done += part.Length;
        }
        return false;
    }
}
