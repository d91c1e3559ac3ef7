using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Pack;
using SharpRun.Image.Store;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.Image.Build;

/// <summary>One thing that COPY or ADD copies: a file, or all that is in a directory. May be read more than once; what is read in between may differ
/// (<see cref="CopyDigest"/> tells).</summary>
abstract class CopySource(string what, byte[] name) : IDisposable
{
    /// <summary>For errors: "src/a in the context".</summary>
    public string What { get; } = what;

    /// <summary>The last component, under which a file stands in a directory.</summary>
    public byte[] Name { get; } = name;

    public abstract bool IsDirectory { get; }

    /// <summary>A directory before what is in it; the first one is the source itself, and its path is empty.</summary>
    public abstract IEnumerable<TreeEntry> Entries();

    /// <summary>Of a regular file.</summary>
    public abstract Stream OpenContent(TreeEntry entry);

    public virtual void Dispose()
    {
    }
}

/// <summary>A document inside the Dockerfile: root's, 0644, of no time.</summary>
sealed class HeredocSource(string name, string content) : CopySource($"<<{name}", Encoding.UTF8.GetBytes(name))
{
    private readonly byte[] _content = Encoding.UTF8.GetBytes(content);

    public override bool IsDirectory => false;

    public override IEnumerable<TreeEntry> Entries() =>
        [new TreeEntry([], new FileStatus { Mode = Native.S_IFREG | 0x1A4, Size = (ulong)_content.Length, Nlink = 1 })];

    public override Stream OpenContent(TreeEntry entry) => new MemoryStream(_content, writable: false);
}

/// <summary>A file that is named itself, and so is what a symbolic link leads to. Takes the descriptor over, which is open for reading.</summary>
sealed class FileSource(SafeFileHandle file, string what, byte[] name) : CopySource(what, name)
{
    public override bool IsDirectory => false;

    public override IEnumerable<TreeEntry> Entries()
    {
        var fd = (int)file.DangerousGetHandle();
        Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"read {What}");
        return [new TreeEntry([], status) { Attributes = Attributes(fd) }];
    }

    public override Stream OpenContent(TreeEntry entry) => new FilePart(file, What, 0, (long)entry.Status.Size, owns: false);

    public override void Dispose()
    {
        file.Dispose();
        base.Dispose();
    }

    private TarAttribute[] Attributes(int fd)
    {
        var names = new byte[64 << 10];
        var listed = Sys.ListAttributes(fd, names);
        if (listed.Error is Errno.EOPNOTSUPP)
        {
            return [];
        }
        List<TarAttribute> attributes = [];
        var value = new byte[64 << 10];
        for (var rest = names.AsSpan(0, listed.OrThrow($"read the attributes of {What}")); !rest.IsEmpty;)
        {
            var attribute = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[attribute.Length..];
            if (Sys.GetAttribute(fd, attribute, value) is { Ok: true } read)
            {
                attributes.Add(new TarAttribute(attribute[..^1].ToArray(), value.AsSpan(0, read.Value).ToArray()));
            }
        }
        attributes.Sort((a, b) => BytesComparer.Instance.Compare(a.Name, b.Name));
        return [.. attributes];
    }
}

/// <summary>What is in a directory, without what .dockerignore leaves out and without sockets. Links in it are copied as links.</summary>
sealed class DirectorySource : CopySource
{
    private readonly TreeRoot _root;
    private readonly SourceTree _tree;
    private readonly string _prefix;

    /// <param name="root">Becomes the source's own.</param>
    /// <param name="prefix">The directory's path in the tree, as text, for the rules; "" is the tree itself.</param>
    public DirectorySource(TreeRoot root, SourceTree tree, string prefix, byte[] name)
        : base(root.Name, name) => (_root, _tree, _prefix) = (root, tree, prefix);

    public override bool IsDirectory => true;

    public override IEnumerable<TreeEntry> Entries()
    {
        using var walk = new TreeWalk(_root);
        // Directories that are ignored, but in which something may be taken back: given when it is.
        List<TreeEntry> waiting = [];
        List<Oci.Dockerfiles.IgnoreRules.State?> states = [_tree.StateOf(_prefix)];
        while (walk.Next())
        {
            var (entry, depth) = (walk.Current, walk.Depth);
            waiting.RemoveRange(Math.Min(Waiting(waiting, depth), waiting.Count), waiting.Count - Math.Min(Waiting(waiting, depth), waiting.Count));
            if (depth > 0)
            {
                states.RemoveRange(depth, states.Count - depth);
                states.Add(_tree.Match(SourceTree.Join(_prefix, SourceTree.TextOf(entry.Path)), states[depth - 1]));
                if (ImageCheck.IgnoredEntryIsNotCopied.Fails(states[depth]?.IsIgnored == true))
                {
                    if (entry.Status.IsDirectory)
                    {
                        waiting.Add(entry);
                        SkipIfForGood(walk, waiting);
                    }
                    continue;
                }
            }
            if (entry.Status.IsSocket)
            {
                continue;
            }
            foreach (var directory in waiting)
            {
                yield return directory;
            }
            waiting.Clear();
            yield return entry;
        }
    }

    // Without an exception among the rules nothing below comes back.
    private void SkipIfForGood(TreeWalk walk, List<TreeEntry> waiting)
    {
        if (!_tree.HasExceptions)
        {
            waiting.RemoveAt(waiting.Count - 1);
            walk.SkipDirectory();
        }
    }

    // How many of the waiting directories stand above an entry of this depth.
    private static int Waiting(List<TreeEntry> waiting, int depth)
    {
        var count = waiting.Count;
        while (count > 0 && waiting[count - 1].Path.AsSpan().Count((byte)'/') + 1 >= depth)
        {
            count--;
        }
        return count;
    }

    public override Stream OpenContent(TreeEntry entry)
    {
        var file = new SafeFileHandle(_root.OpenContent(entry), ownsHandle: true);
        return new FilePart(file, What, 0, (long)entry.Status.Size, owns: true);
    }

    public override void Dispose()
    {
        _root.Dispose();
        base.Dispose();
    }
}
