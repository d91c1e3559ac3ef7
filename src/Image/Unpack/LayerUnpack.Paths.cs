using System;
using System.Collections.Generic;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

// Paths in the merged view of this layer and those below: one component at a time, as the kernel would if the image were its root.
sealed partial class LayerUnpack
{
    /// <summary>As the kernel's MAXSYMLINKS.</summary>
    private const int MostLinks = 40;

    /// <summary>What a name in a directory is. One of these, or nothing.</summary>
    private readonly record struct Name(LayerDirectory? Directory, string? LinkTarget, bool IsInThisLayer, LowerName Below)
    {
        public bool IsThere => Directory is not null || IsInThisLayer || Below.IsThere;
    }

    /// <summary>The directory of a path without a final zero. Makes: what is missing becomes a directory that no entry describes, also where a link leads
    /// nowhere; else null for what is not there or no directory. Links: how many were followed.</summary>
    private LayerDirectory? Resolve(ReadOnlySpan<byte> path, TarEntry entry, bool makes, out int links)
    {
        var rest = new Stack<string>();
        Push(rest, Text(path));
        var current = _root;
        links = 0;
        while (rest.TryPop(out var component))
        {
            if (component == "..")
            {
                current = current.Parent ?? current;
                continue;
            }
            var name = Find(current, component);
            if (name.Directory is { } directory)
            {
                current = directory;
            }
            else if (name.LinkTarget is { } target)
            {
                if (++links > MostLinks)
                {
                    throw new ErrnoException($"open the directory of {TarText.Of(entry.Name)}", Errno.ELOOP);
                }
                current = target.StartsWith('/') ? _root : current;
                Push(rest, target);
            }
            else if (!makes)
            {
                return null;
            }
            else if (name.IsThere)
            {
                throw new ImageError($"unpack {TarText.Of(entry.Name)}: {LayerDirectory.Say(component)} is no directory");
            }
            else
            {
                current = current.Children[component] = NewDirectory(current, component, _lower.Find(current, component), isInTheWay: false);
                // A ".." after it may lead out again (a link to "new/../a"), and still it is there.
                Sys.Close(Make(current));
            }
            if (current.Depth >= UnpackLimits.Depth)
            {
                throw EntryPath.TooDeep(entry.Name);
            }
        }
        return current;
    }

    private static void Push(Stack<string> rest, string path)
    {
        var components = path.Split('/');
        for (var i = components.Length - 1; i >= 0; i--)
        {
            if (components[i] is not ("" or "."))
            {
                rest.Push(components[i]);
            }
        }
    }

    // Looking makes nothing. A lower directory that is passed is kept in memory, for the next time.
    private Name Find(LayerDirectory directory, string name)
    {
        if (directory.HasChildren && directory.Children.TryGetValue(name, out var known))
        {
            return new Name(known, null, known.IsMade, LowerName.None);
        }
        if (directory.IsMade)
        {
            var look = LowerStack.Look(_tree, directory, name, out var status);
            if (look.Ok)
            {
                return new Name(null, Target(look.Value, status), true, LowerName.None);
            }
            if (look.Error != Errno.ENOENT)
            {
                look.Error.Throw($"look for {LayerDirectory.Say(name)}");
            }
        }
        if (directory.HasWhiteouts && directory.Whiteouts.Contains(name))
        {
            return new Name(null, null, false, LowerName.None);
        }
        var below = _lower.Find(directory, name);
        if (below.IsDirectory)
        {
            return new Name(directory.Children[name] = NewDirectory(directory, name, below, isInTheWay: false), null, false, below);
        }
        if (!below.IsThere || !below.Status.IsSymlink)
        {
            return new Name(null, null, false, below);
        }
        var link = _lower.Look(below.Layer, directory, name).OrThrow("look at a link of a lower layer");
        return new Name(null, Target(link, below.Status), false, below);
    }

    // Closes the descriptor. Null: it is no link.
    private static string? Target(int fd, in FileStatus status)
    {
        try
        {
            if (!status.IsSymlink)
            {
                return null;
            }
            Span<byte> target = new byte[UnpackLimits.PathBytes + 1];
            return Text(target[..Sys.ReadLinkAt(fd, "\0"u8, target).OrThrow("read a link")]);
        }
        finally
        {
            Sys.Close(fd);
        }
    }
}
