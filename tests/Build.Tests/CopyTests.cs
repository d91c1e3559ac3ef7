using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Json;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;
using Xunit;

namespace SharpRun.Image.Build.Tests;

/// <summary>Sources and destinations in folders of the test's own; owners are the caller's, so that no root is needed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CopyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("build-test-").FullName;
    private readonly SafeFileHandle _context, _image;

    public CopyTests()
    {
        Directory.CreateDirectory($"{_folder}/context");
        Directory.CreateDirectory($"{_folder}/image");
        (_context, _image) = (Open("context"), Open("image"));
    }

    public void Dispose()
    {
        _context.Dispose();
        _image.Dispose();
        // Names that are no UTF-8 are none for Directory.
        LayerStore.TreeRemover.Remove(Native.AT_FDCWD, Encoding.UTF8.GetBytes(_folder + "\0"));
    }

    [Fact]
    public void A_file_goes_to_a_name_or_into_a_directory()
    {
        Write("context/a", "A");
        Copy("/b", "a");
        Copy("/new/deep/", "a");
        Copy("/new/deep/c", "a");
        Directory.CreateDirectory($"{_folder}/image/there");
        Copy("/there", "a");
        Copy(".", "a");
        Assert.Equal(["a", "b", "new/", "new/deep/", "new/deep/a", "new/deep/c", "there/", "there/a"], Tree("image"));
    }

    [Fact]
    public void Of_a_directory_its_content_is_copied_over_what_is_there()
    {
        Write("context/d/in/x", "new");
        Write("context/d/y", "Y");
        Write("image/to/in/x", "old");
        Write("image/to/in/stays", "S");
        Copy("/to", "d");
        Assert.Equal(["to/", "to/in/", "to/in/stays", "to/in/x", "to/y"], Tree("image"));
        Assert.Equal("new", File.ReadAllText($"{_folder}/image/to/in/x"));
    }

    [Fact]
    public void A_file_is_replaced_never_written_into()
    {
        Write("context/x", "new");
        Write("image/x", "old");
        Sys.LinkAt((int)_image.DangerousGetHandle(), "x\0"u8, (int)_image.DangerousGetHandle(), "other\0"u8, 0);
        File.CreateSymbolicLink($"{_folder}/image/link", "other");
        Copy("/x", "x");
        Copy("/link", "x");
        Assert.Equal("old", File.ReadAllText($"{_folder}/image/other"));
        Assert.Null(new FileInfo($"{_folder}/image/link").LinkTarget);
    }

    [Fact]
    public void No_link_of_the_image_leads_out_of_it()
    {
        Write("context/d/x", "X");
        Directory.CreateDirectory($"{_folder}/outside");
        File.CreateSymbolicLink($"{_folder}/image/out", $"{_folder}/outside");
        File.CreateSymbolicLink($"{_folder}/image/up", "../../../../..");
        Copy("/out/", "d/x");
        Copy("/up/a/", "d/x");
        Assert.Empty(Directory.GetFileSystemEntries($"{_folder}/outside"));
        Assert.Equal("X", File.ReadAllText($"{_folder}/image{_folder}/outside/x"));
        Assert.Equal("X", File.ReadAllText($"{_folder}/image/a/x"));
    }

    // mutant: ImageCheck.DirectoryIsNotReplaced
    [Fact]
    public void A_link_below_the_destination_is_not_followed()
    {
        Write("context/d/sub/x", "X");
        Directory.CreateDirectory($"{_folder}/image/to");
        Directory.CreateDirectory($"{_folder}/image/elsewhere");
        File.CreateSymbolicLink($"{_folder}/image/to/sub", "/elsewhere");
        var error = Assert.ThrowsAny<JsonError>(() => Copy("/to", "d"));
        Assert.Equal("copy sub: the image has no directory there, so a directory cannot replace it", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries($"{_folder}/image/elsewhere"));
    }

    [Fact]
    public void No_link_of_the_context_leads_out_of_it()
    {
        Write("outside", "secret");
        File.CreateSymbolicLink($"{_folder}/context/link", $"{_folder}/outside");
        File.CreateSymbolicLink($"{_folder}/context/up", "../outside");
        Assert.Equal("link: there is no such file in the context", Assert.ThrowsAny<JsonError>(() => Copy("/", "link")).Message);
        Assert.Equal("up: there is no such file in the context", Assert.ThrowsAny<JsonError>(() => Copy("/", "up")).Message);
        Assert.Equal("../outside: there is no such file in the context", Assert.ThrowsAny<JsonError>(() => Copy("/", "../outside")).Message);
        Copy("/all", ".");
        Assert.Equal($"{_folder}/outside", new FileInfo($"{_folder}/image/all/link").LinkTarget);
    }

    [Fact]
    public void A_directory_is_not_replaced_by_a_file()
    {
        Write("context/d/x", "X");
        Directory.CreateDirectory($"{_folder}/image/to/x");
        Assert.Equal("copy x: a directory of the image cannot be replaced by something else", Assert.ThrowsAny<JsonError>(() => Copy("/to", "d")).Message);
    }

    // mutant: ImageCheck.IgnoredEntryIsNotCopied ImageCheck.IgnoredFileIsNotCopied
    [Fact]
    public void Wildcards_match_as_go_does_and_rules_leave_out()
    {
        Write("context/a.txt", "");
        Write("context/b.txt", "");
        Write("context/c.md", "");
        Write("context/d/e.txt", "");
        Write("context/d/keep/f.txt", "");
        Copy("/1/", IgnoreRules.None, "*.txt");
        Copy("/2/", IgnoreRules.None, "?/*.txt");
        Copy("/3/", Rules("**/*.txt\n!d/keep"), ".");
        Copy("/4/", Rules("d\n!d/keep/f.txt"), "d");
        Assert.Equal(
            ["1/", "1/a.txt", "1/b.txt", "2/", "2/e.txt", "3/", "3/c.md", "3/d/", "3/d/keep/", "3/d/keep/f.txt", "4/", "4/keep/", "4/keep/f.txt"],
            Tree("image"));
        var error = Assert.ThrowsAny<JsonError>(() => Copy("/", Rules("*.txt"), "a.txt"));
        Assert.Equal("a.txt: .dockerignore leaves it out of the context", error.Message);
        Assert.Empty(Source(IgnoreRules.None).Resolve("nothing*"));
    }

    [Fact]
    public void Several_sources_need_a_directory()
    {
        Assert.ThrowsAny<JsonError>(() => CopyTarget.Of("/a", "/").RequireDirectory("COPY", 2));
        CopyTarget.Of("a/", "/").RequireDirectory("COPY", 2);
        Assert.Equal(new CopyTarget("/w/a", false), CopyTarget.Of("a", "/w"));
        Assert.Equal(new CopyTarget("/w", true), CopyTarget.Of(".", "/w"));
        Assert.Equal(new CopyTarget("/", true), CopyTarget.Of("../../../", "/w"));
    }

    [Fact]
    public void Names_that_are_no_utf8_modes_times_and_hard_links_are_copied()
    {
        var context = (int)_context.DangerousGetHandle();
        Directory.CreateDirectory($"{_folder}/context/d");
        File.SetUnixFileMode($"{_folder}/context/d", (UnixFileMode)0x1E9); // 0751
        Sys.Close(Sys.Open(context, (byte[])[.. "d/"u8, 0xFF, 0xFE, 0], Native.O_WRONLY | Native.O_CREAT, 0x1A4).OrThrow("make a file"));
        Write("context/d/x", "X");
        File.SetUnixFileMode($"{_folder}/context/d/x", (UnixFileMode)0x9ED); // 04755
        Sys.LinkAt(context, "d/x\0"u8, context, "d/z\0"u8, 0);
        var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc($"{_folder}/context/d/x", time);
        Directory.SetLastWriteTimeUtc($"{_folder}/context/d", time);
        Copy("/to", "d");
        var image = (int)_image.DangerousGetHandle();
        Assert.Equal(Errno.OK, Sys.Stat(image, (byte[])[.. "to/"u8, 0xFF, 0xFE, 0], 0, out _));
        Sys.Stat(image, "to/x\0"u8, 0, out var x);
        Sys.Stat(image, "to/z\0"u8, 0, out var z);
        Assert.Equal((x.Ino, 0x9EDu, 2ul), (z.Ino, x.Mode & 0xFFF, x.Nlink));
        Assert.Equal(time, File.GetLastWriteTimeUtc($"{_folder}/image/to/x"));
        Assert.Equal(time, Directory.GetLastWriteTimeUtc($"{_folder}/image/to"));
        Assert.Equal((UnixFileMode)0x1E9, File.GetUnixFileMode($"{_folder}/image/to"));
    }

    [Fact]
    public void The_digest_is_of_names_modes_and_contents_and_not_of_times()
    {
        Write("context/d/x", "X");
        var first = DigestOf("d");
        File.SetLastWriteTimeUtc($"{_folder}/context/d/x", DateTime.UnixEpoch);
        Assert.Equal(first, DigestOf("d"));
        File.SetUnixFileMode($"{_folder}/context/d/x", (UnixFileMode)0x180);
        var second = DigestOf("d");
        Write("context/d/x", "Y");
        var third = DigestOf("d");
        File.Move($"{_folder}/context/d/x", $"{_folder}/context/d/y");
        Assert.Equal(4, new[] { first, second, third, DigestOf("d") }.Distinct().Count());
    }

    [Fact]
    public void What_was_copied_has_the_digest_of_the_sources()
    {
        Write("context/d/in/x", "X");
        File.CreateSymbolicLink($"{_folder}/context/d/link", "in");
        using var seen = new CopyDigest();
        Copy("/to", IgnoreRules.None, "d", seen);
        Assert.Equal(DigestOf("d"), seen.Finish());
    }

    [Fact]
    public void Names_of_owners_are_the_images()
    {
        Write("image/etc/passwd", "root:x:0:0::/:\nme:x:1000:100::/:\nbad:x:y:z::/:\n");
        Write("image/etc/group", "us:x:200:\n");
        var image = (int)_image.DangerousGetHandle();
        Assert.Equal(new Owner(1000, 100), Accounts.Find(image, "me"));
        Assert.Equal(new Owner(1000, 200), Accounts.Find(image, "me:us"));
        Assert.Equal(new Owner(7, 7), Accounts.Find(image, "7"));
        Assert.Equal(new Owner(7, 8), Accounts.Find(image, "7:8"));
        foreach (var bad in (string[])["nobody", "me:nobody", "bad", "4294967295", "-1"])
        {
            Assert.ThrowsAny<JsonError>(() => Accounts.Find(image, bad));
        }
    }

    [Fact]
    public void Neither_a_registry_nor_a_directory_of_the_host_can_be_built_on()
    {
        Assert.IsType<ImageName.OciLayout>(Builder.NameOf("oci:/layout:tag"));
        foreach (var bad in (string[])["docker://host/name", "dir:/root", "dir:rootfs"])
        {
            Assert.ThrowsAny<JsonError>(() => Builder.NameOf(bad));
        }
    }

    // user.a = "" on a file that holds its own words, against two attributes and no content: the same bytes if nothing counts them.
    [Fact]
    public void A_content_that_looks_like_an_attribute_is_none()
    {
        byte[] forged = [6, 0, 0, 0, 0, 0, 0, 0, .. "user.b"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.NotEqual(DigestOf(["user.a", "user.b"], []), DigestOf(["user.a"], forged));

        static Digest DigestOf(string[] attributes, byte[] content)
        {
            using var digest = new CopyDigest();
            var status = new FileStatus { Mode = Native.S_IFREG };
            digest.Add(new TreeEntry([], status) { Attributes = [.. attributes.Select(name => new Tar.TarAttribute(Encoding.UTF8.GetBytes(name), []))] }, false);
            digest.AddContent(content);
            return digest.Finish();
        }
    }

    // mutant: ImageCheck.CopiedFileIsWhole
    [Fact]
    public void A_file_that_becomes_shorter_while_it_is_read_is_refused()
    {
        var copy = new TreeCopy((int)_image.DangerousGetHandle(), false) { Owner = new Owner(Sys.GetEuid(), Sys.GetEgid()) };
        using var source = new ShorterSource();
        Assert.Contains("became shorter", Assert.Throws<ImageError>(() => copy.Copy(source, CopyTarget.Of("/a", "/"))).Message);
    }

    private sealed class ShorterSource() : CopySource("x", "x"u8.ToArray())
    {
        public override bool IsDirectory => false;

        public override IEnumerable<TreeEntry> Entries() =>
            [new TreeEntry([], new FileStatus { Mode = Native.S_IFREG | 0x1A4, Size = 5, Nlink = 1 })];

        public override Stream OpenContent(TreeEntry entry) => new MemoryStream("abc"u8.ToArray());
    }

    private void Copy(string target, string word) => Copy(target, IgnoreRules.None, word);

    private void Copy(string target, IgnoreRules rules, string word, CopyDigest? digest = null)
    {
        var copy = new TreeCopy((int)_image.DangerousGetHandle(), false) { Owner = new Owner(Sys.GetEuid(), Sys.GetEgid()), Digest = digest };
        var sources = Source(rules).Resolve(word);
        sources.ForEach(source => copy.Copy(source, CopyTarget.Of(target, "/")));
        sources.ForEach(source => source.Dispose());
    }

    private Digest DigestOf(string word)
    {
        var sources = Source(IgnoreRules.None).Resolve(word);
        var digest = CopyDigest.Of(sources, keepsOwners: false);
        sources.ForEach(source => source.Dispose());
        return digest;
    }

    private SourceTree Source(IgnoreRules rules) => new((int)_context.DangerousGetHandle(), "the context", rules);

    private static IgnoreRules Rules(string text) => IgnoreRules.Read(Encoding.UTF8.GetBytes(text), ".dockerignore");

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{_folder}/{path}")!);
        File.WriteAllText($"{_folder}/{path}", content);
    }

    private SafeFileHandle Open(string name) =>
        new(Sys.Open(Native.AT_FDCWD, Encoding.UTF8.GetBytes($"{_folder}/{name}\0"), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow(name), ownsHandle: true);

    private List<string> Tree(string name)
    {
        var root = $"{_folder}/{name}/";
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        return [.. Directory.EnumerateFileSystemEntries(root, "*", everything)
            .Select(path => path[root.Length..] + (Directory.Exists(path) ? "/" : "")).Order(StringComparer.Ordinal)];
    }
}
