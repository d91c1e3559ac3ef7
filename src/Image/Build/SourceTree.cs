using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Pack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build;

/// <summary>What COPY and ADD copy from: the context, a stage or an image, by the descriptor of its root. Nothing outside of it is ever reached:
/// every path is resolved by the kernel as if the root were "/".</summary>
/// <param name="root">Stays the caller's.</param>
/// <param name="name">For errors: "the context /src", "the stage build".</param>
sealed class SourceTree(int root, string name, IgnoreRules rules)
{
    private const int PathOnly = Native.O_PATH;

    public string Name { get; } = name;

    /// <summary>Files keep their owners; those of the context become root's.</summary>
    public bool KeepsOwners { get; init; }

    public bool HasExceptions => rules.HasExceptions;

    /// <summary>The things that a source word means, its wildcards resolved as Go's filepath.Match does. Empty: wildcards, and nothing matches.</summary>
    public List<CopySource> Resolve(string word)
    {
        var clean = PathPattern.Clean(word);
        List<byte[]> paths = [[]];
        var hasWildcards = false;
        foreach (var part in clean.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.AsSpan().IndexOfAny("*?[\\") < 0)
            {
                paths = paths.ConvertAll(path => Join(path, Encoding.UTF8.GetBytes(part)));
                continue;
            }
            hasWildcards = true;
            paths = Expand(paths, PathPattern.Parse(part, hasDirectoryRuns: false));
        }
        List<CopySource> sources = [];
        foreach (var path in paths)
        {
            if (TryOpen(path) is { } source)
            {
                sources.Add(source);
            }
            else if (!hasWildcards)
            {
                throw new ImageError(rules.Ignores(clean) && Exists(path)
                    ? $"{word}: .dockerignore leaves it out of {Name}" : $"{word}: there is no such file in {Name}");
            }
        }
        return sources;
    }

    private List<byte[]> Expand(List<byte[]> directories, PathPattern pattern)
    {
        List<byte[]> matches = [];
        foreach (var directory in directories)
        {
            var opened = Open(directory, Native.O_RDONLY | Native.O_DIRECTORY);
            if (!opened.Ok)
            {
                continue;
            }
            using var handle = new SafeFileHandle(opened.Value, ownsHandle: true);
            var names = new List<byte[]>();
            var records = new byte[32 << 10];
            while (Sys.GetDents(opened.Value, records).OrThrow($"read a directory of {Name}") is > 0 and var length)
            {
                foreach (var entry in new DirectoryRecords(records.AsSpan(0, length)))
                {
                    if (pattern.Matches(TextOf(entry)))
                    {
                        names.Add(Join(directory, entry));
                    }
                }
            }
            names.Sort(BytesComparer.Instance);
            matches.AddRange(names);
        }
        return matches;
    }

    private bool Exists(byte[] path)
    {
        var opened = Open(path, PathOnly);
        if (opened.Ok)
        {
            Sys.Close(opened.Value);
        }
        return opened.Ok;
    }

    // Null: not there, or left out.
    private CopySource? TryOpen(byte[] path)
    {
        var (text, slash) = (TextOf(path), path.AsSpan().LastIndexOf((byte)'/'));
        var isIgnored = ImageCheck.IgnoredFileIsNotCopied.Fails(path.Length > 0 && rules.Ignores(text));
        var what = path.Length == 0 ? Name : $"{text} in {Name}";
        var opened = Open(path, TreeRoot.ReadFlags & ~Native.O_NOFOLLOW);
        if (opened.Error is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        var file = new SafeFileHandle(opened.OrThrow($"open {what}"), ownsHandle: true);
        Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"open {what}");
        if (status.IsDirectory && (!isIgnored || HasExceptions))
        {
            file.SetHandleAsInvalid();
            return new DirectorySource(new TreeRoot(opened.Value, what), this, text, path[(slash + 1)..]);
        }
        if (status.IsRegular && !isIgnored)
        {
            return new FileSource(file, what, path[(slash + 1)..]);
        }
        file.Dispose();
        return isIgnored ? null : throw new ImageError($"copy {what}: it is neither a file nor a directory");
    }

    private Result Open(byte[] path, int flags) => RootPath.Open(root, path.Length == 0 ? "/\0"u8 : [.. path, 0], flags);

    /// <summary>What the rules say of a directory of the tree, for what is in it; null when there are none.</summary>
    public IgnoreRules.State? StateOf(string path)
    {
        if (rules.IsEmpty || path.Length == 0)
        {
            return null;
        }
        IgnoreRules.State? state = null;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            state = rules.Match(path[..slash], state);
        }
        return rules.Match(path, state);
    }

    public IgnoreRules.State? Match(string path, IgnoreRules.State? above) => rules.IsEmpty ? null : rules.Match(path, above);

    /// <summary>For patterns and messages. Bytes that are no UTF-8 become letters of their own, each one: a pattern can still match them by * and ?.</summary>
    public static string TextOf(ReadOnlySpan<byte> path) => Utf8.IsValid(path) ? Encoding.UTF8.GetString(path) : Encoding.Latin1.GetString(path);

    public static string Join(string directory, string name) => directory.Length == 0 ? name : name.Length == 0 ? directory : $"{directory}/{name}";

    private static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) => directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];
}
