using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Transports;

/// <summary>An archive with an image layout in it; for docker also with the manifest.json that its older versions want. The same image gives the
/// same bytes: one blob after the other, in the manifest's order, and no times. It appears whole, by rename.</summary>
sealed class ArchiveDestination : ImageDestination
{
    private const int PieceSize = 256 << 10;
    private const uint FileMode = 0x1A4, FolderMode = 0x1ED;

    private readonly Folder _folder;
    private readonly string _file, _staging;
    private readonly string? _reference;
    private readonly RegistryReference? _dockerName;
    private readonly bool _isDocker;
    private readonly SafeFileHandle _handle;
    private readonly TarWriter _tar;
    private readonly HashSet<Digest> _written = [];
    private readonly HashSet<string> _folders = [];
    private bool _isFinished;

    private ArchiveDestination(string path, string name, string? reference, RegistryReference? dockerName, bool isDocker)
    {
        (_reference, _dockerName, _isDocker) = (reference, dockerName, isDocker);
        Name = name;
        var slash = path.LastIndexOf('/');
        _file = path[(slash + 1)..];
        _staging = Folder.StagingOf(_file);
        _folder = Folder.TryOpen(slash == 0 ? "/" : path[..slash]) ?? throw new ImageError($"write {name}: there is no directory {path[..slash]}");
        if (_folder.TryStat(_file, out var there) && !there.IsRegular)
        {
            throw new ImageError($"write {name}: {path} is there, and no regular file");
        }
        _handle = NewFile();
        _tar = new TarWriter(new Sink(_handle, _folder.Of(_staging)));
    }

    // A new one: what is left there may be another user's, in a directory like /tmp.
    private SafeFileHandle NewFile()
    {
        using (_folder.TryClaim(_staging, out _) ?? throw new ImageError($"write {Name}: another process is writing it"))
        {
            _folder.Remove(_staging);
            var file = _folder.MakeFile(_staging);
            Sys.Flock((int)file.DangerousGetHandle(), Native.LOCK_EX | Native.LOCK_NB).OrThrow($"lock {_folder.Of(_staging)}");
            return file;
        }
    }

    public static ArchiveDestination OfOci(string path, string? reference, string name) => new(path, name, reference, null, isDocker: false);

    public static ArchiveDestination OfDocker(string path, RegistryReference? reference, string name) =>
        new(path, name, reference?.ToString(), reference, isDocker: true);

    public override string Name { get; }

    public override int Lanes => 1;

    public override bool HasBlob(Descriptor blob) => _written.Contains(blob.Digest);

    public override void PutBlob(Descriptor blob, ImageSource source, Action<long> received)
    {
        if (!_written.Add(blob.Digest))
        {
            return;
        }
        WriteHeader(Oci.Layout.PathOf(blob.Digest), blob.Size);
        using var stream = new VerifiedStream(source.OpenBlob(blob, 0), blob);
        var buffer = new byte[PieceSize];
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            _tar.WriteData(buffer.AsSpan(0, read));
            received(read);
        }
    }

    public override void PutManifest(Document document)
    {
        if (_isDocker && document.Kind == DocumentKind.Index)
        {
            throw new ImageError($"write {Name}: a docker archive holds the image of one platform; oci-archive: takes them all");
        }
        if (_written.Add(document.Digest))
        {
            WriteFile(Oci.Layout.PathOf(document.Digest), document.Bytes);
        }
    }

    public override void Finish(Document top)
    {
        var index = LayoutIndex.Empty();
        index.Set(_reference, Documents.DescriptorOf(top));
        WriteFile(Oci.Layout.IndexFile, index.ToBytes());
        if (_isDocker)
        {
            WriteFile("manifest.json", DockerManifest(Manifest.Parse(top)));
        }
        WriteFile(Oci.Layout.MarkerFile, Oci.Layout.Marker());
        _tar.Finish();
        Sys.Fsync((int)_handle.DangerousGetHandle()).OrThrow($"sync {_folder.Of(_staging)}");
        _folder.Rename(_staging, _file);
        _folder.Sync();
        _isFinished = true;
    }

    private byte[] DockerManifest(Manifest manifest)
    {
        var config = manifest.ImageConfigOf(Name);
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString("Config", Oci.Layout.PathOf(config.Digest));
            json.WriteStartArray("RepoTags");
            if (_dockerName is { Digest: null })
            {
                json.WriteStringValue(_dockerName.Familiar);
            }
            json.WriteEndArray();
            json.WriteStartArray("Layers");
            foreach (var layer in manifest.Layers)
            {
                json.WriteStringValue(Oci.Layout.PathOf(layer.Digest));
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private void WriteFile(string name, byte[] content)
    {
        WriteHeader(name, content.Length);
        _tar.WriteData(content);
    }

    private void WriteHeader(string name, long size)
    {
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = name.IndexOf('/', slash + 1))
        {
            if (_folders.Add(name[..slash]))
            {
                _tar.Write(new TarEntry(TarKind.Directory, Encoding.UTF8.GetBytes(name[..(slash + 1)])) { Mode = FolderMode });
            }
        }
        _tar.Write(new TarEntry(TarKind.File, Encoding.UTF8.GetBytes(name)) { Mode = FileMode, Size = size });
    }

    public override void Dispose()
    {
        if (!_isFinished)
        {
            _folder.Remove(_staging);
        }
        _handle.Dispose();
        _folder.Dispose();
        base.Dispose();
    }

    /// <summary>The file as a stream: errors are the kernel's.</summary>
    private sealed class Sink(SafeFileHandle file, string path) : ForwardStream
    {
        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer) => Sys.WriteAll((int)file.DangerousGetHandle(), buffer).OrThrow($"write {path}");
    }
}
