using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>
/// One layer into a tree of its own, in overlay's on-disk form, with the layers below in view (spec/layers.md): what is merged later has to be what
/// <see cref="RootUnpack"/> would have made of all of them. Files are written at once; what only makes sense when the whole layer is known (whiteouts,
/// opaque directories, copies of lower files that got another name, the directories' times) is kept by directory and written by <see cref="Finish"/>.
/// </summary>
sealed partial class LayerUnpack : IDisposable
{
    private const uint AllOfMode = 0xFFF; // 07777

    private static int Flags => Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW;

    private readonly int _tree, _scratch;
    private readonly LowerStack _lower;
    private readonly OverlayWords _words;
    private readonly EntryWriter _writer;
    private readonly CopyUp _copyUp;
    private readonly LayerDirectory _root;
    private readonly EntryPath _path = new(), _target = new();

    // The directory in which entries are being made: an archive goes depth-first.
    private byte[]? _currentPath;
    private LayerDirectory _current;
    private EntryParent _parent = new(-1, default);
    private bool _isByLinks;

    /// <summary>Tree: an empty directory, opened for reading; scratch: another one of the same file system; lower: descriptors of the trees below,
    /// the uppermost first. All stay open.</summary>
    public LayerUnpack(int tree, int scratch, IReadOnlyList<int> lower, Owners owners, Losses losses)
    {
        (_tree, _scratch) = (tree, scratch);
        _words = OverlayWords.Of(tree);
        _lower = new LowerStack(lower, _words.IsOpaque);
        _writer = new EntryWriter(owners, losses);
        _copyUp = new CopyUp(owners.IsRootless);
        _root = new LayerDirectory(null, "") { IsMade = true, Lower = new int[lower.Count], DescribedBy = lower.Count > 0 ? 0 : -1 };
        for (var layer = 0; layer < lower.Count; layer++)
        {
            _root.Lower[layer] = layer;
        }
        _current = _root;
        // The directory around may have given it a default list, which would pass on to everything.
        _writer.MakeImplicit(tree).OrThrow("change the mode of the root");
        if (lower.Count > 0)
        {
            DescribeAsBelow(_root, tree, ".\0"u8);
        }
    }

    /// <summary>All entries. What follows the archive's end in the stream is left there.</summary>
    public void Add(TarReader layer)
    {
        foreach (var entry in LayerEntries.Of(layer, UnpackLimits.EntriesInLayer))
        {
            Add(entry, layer);
        }
    }

    public void Dispose() => Leave();

    private void Add(TarEntry entry, TarReader layer)
    {
        _path.Set(entry.Name, entry.Name);
        if (_path.IsRoot)
        {
            AddRoot(entry);
            return;
        }
        if (WhiteoutName.IsForeign(_path, entry))
        {
            return;
        }
        if (WhiteoutName.TryGet(_path, entry, out var victim))
        {
            Leave();
            WhiteOut(victim.IsEmpty ? null : Text(victim[..^1]), entry);
            return;
        }
        if (ImageCheck.DeviceIsNoWhiteout.Fails(entry is { Kind: TarKind.CharDevice, DeviceMajor: 0, DeviceMinor: 0 }))
        {
            throw new ImageError(
                $"unpack {TarText.Of(entry.Name)}: a character device 0:0 is overlay's sign for a file that is not there; unpack without --layers");
        }
        Enter(_path.Parent, entry);
        if (entry.Kind == TarKind.Directory)
        {
            AddDirectory(entry, layer);
            return;
        }
        var isReplaced = entry.Kind == TarKind.HardLink ? Link(entry) : _writer.Make(_parent, _path.Last, entry, layer);
        if (_current.HasChildren)
        {
            isReplaced |= _current.Children.Remove(Text(_path.Last[..^1]));
        }
        // The path to here may lead elsewhere from now on: by a link that had the name in this layer, or has it below.
        if (isReplaced || (_isByLinks && ImageCheck.PathByLinksStays.Fails(_lower.Find(_current, Text(_path.Last[..^1])).IsThere)))
        {
            Leave();
        }
    }

    private void AddRoot(TarEntry entry)
    {
        if (ImageCheck.LayerRootIsADirectory.Fails(entry.Kind != TarKind.Directory))
        {
            throw new ImageError($"unpack {TarText.Of(entry.Name)}: the root of an image is a directory");
        }
        Leave();
        _writer.ApplyTo(_tree, entry);
        Describe(_root, entry);
    }

    private void AddDirectory(TarEntry entry, TarReader layer)
    {
        var name = Text(_path.Last[..^1]);
        var isKnown = _current.Children.TryGetValue(name, out var directory);
        if (!isKnown)
        {
            var isInTheWay = Sys.Stat(_parent.Fd, _path.Last, Native.AT_SYMLINK_NOFOLLOW, out _) == Errno.OK;
            directory = NewDirectory(_current, name, _lower.Find(_current, name), isInTheWay);
        }
        _writer.Make(_parent, _path.Last, entry, layer);
        directory!.IsMade = true;
        Describe(directory, entry);
        if (!isKnown)
        {
            // It may stand where a link led elsewhere.
            _current.Children[name] = directory;
            Leave();
        }
    }

    private static void Describe(LayerDirectory directory, TarEntry entry)
    {
        directory.HasEntry = true;
        directory.LastMode = null;
        directory.ModifiedAt = new TimeSpec(entry.ModifiedAt.Seconds, entry.ModifiedAt.Nanoseconds);
    }

    // What is not hidden shows through; where a lower directory is hidden, the new one has to be opaque.
    private static LayerDirectory NewDirectory(LayerDirectory parent, string name, in LowerName lower, bool isInTheWay)
    {
        var isHidden = isInTheWay || (parent.HasWhiteouts && parent.Whiteouts.Contains(name));
        return new LayerDirectory(parent, name)
        {
            Lower = isHidden ? [] : lower.Lower,
            DescribedBy = lower.IsDirectory && !isHidden ? lower.Layer : -1,
            IsOpaque = lower.IsDirectory && isHidden,
        };
    }

    // Goes into the directory of a path, which is made when it is missing.
    private void Enter(ReadOnlySpan<byte> path, TarEntry entry)
    {
        if (_currentPath is not null && path.SequenceEqual(_currentPath))
        {
            return;
        }
        Leave();
        _current = Resolve(path, entry, makes: true, out var links)!;
        _isByLinks = links > 0;
        var fd = Make(_current);
        Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status).OrThrow("look at an open directory");
        _parent = new EntryParent(fd, status) { GivesAcl = EntryWriter.HasDefaultAcl(fd) };
        _currentPath = path.ToArray();
    }

    private void Leave()
    {
        if (_parent.Fd >= 0)
        {
            Sys.Close(_parent.Fd);
        }
        _parent = new EntryParent(-1, default);
        _currentPath = null;
    }

    /// <summary>A descriptor of the directory in this layer's tree. What is missing on the way is made: as it is below, or as no entry describes it.</summary>
    private int Make(LayerDirectory directory)
    {
        if (directory.IsMade)
        {
            return Sys.OpenAt2(_tree, directory.PathOf(null), Flags, 0, LowerStack.Beneath).OrThrow("open a directory of the layer");
        }
        var parent = Make(directory.Parent!);
        try
        {
            var name = Bytes(directory.Name);
            Sys.MkdirAt(parent, name, Native.S_IRWXU).OrThrow($"make {directory.Say()}");
            var fd = Sys.Open(parent, name, Flags).OrThrow($"open {directory.Say()}");
            directory.IsMade = true;
            _writer.MakeImplicit(fd).OrThrow($"change the mode of {directory.Say()}");
            if (directory.DescribedBy >= 0)
            {
                DescribeAsBelow(directory, parent, name);
            }
            return fd;
        }
        finally
        {
            Sys.Close(parent);
        }
    }

    private void DescribeAsBelow(LayerDirectory directory, int parent, ReadOnlySpan<byte> name)
    {
        var below = _lower.Look(directory.DescribedBy, directory, null).OrThrow("open a directory of a lower layer");
        try
        {
            var error = Sys.Stat(below, default, Native.AT_EMPTY_PATH, out var status);
            error = error == Errno.OK ? _copyUp.CopyFacts(below, ".\0"u8, parent, name, status) : error;
            error.OrThrow($"copy the attributes of {directory.Say()}");
            directory.ModifiedAt = status.ModifiedAt;
            if (Sys.GetEuid() != 0 && (status.Mode & Native.S_IRWXU) != Native.S_IRWXU)
            {
                directory.LastMode = status.Mode & AllOfMode;
                Sys.FchmodAt(parent, name, status.Mode & AllOfMode | Native.S_IRWXU, 0).OrThrow($"change the mode of {directory.Say()}");
            }
        }
        finally
        {
            Sys.Close(below);
        }
    }

    private static string Text(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    /// <summary>With a final zero.</summary>
    private static byte[] Bytes(string name)
    {
        var bytes = new byte[name.Length + 1];
        Encoding.Latin1.GetBytes(name, bytes);
        return bytes;
    }
}
