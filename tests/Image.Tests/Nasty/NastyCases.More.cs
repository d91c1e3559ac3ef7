using System.Collections.Generic;
using System.Linq;
using static SharpRun.Image.Tests.Nasty.Entries;

namespace SharpRun.Image.Tests.Nasty;

static partial class NastyCases
{
    // The value of security.capability for cap_setuid+ep (struct vfs_cap_data, revision 2): it has a byte of 0x80.
    private const string Capability = "\x01\0\0\x02\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    // Of acl(5), as linux/posix_acl_xattr.h lays it out: user rwx, group r-x, others r-x.
    private const string DefaultAcl = "\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x04\0\x05\0\xff\xff\xff\xff\x20\0\x05\0\xff\xff\xff\xff";

    private static IEnumerable<NastyCase> HardLinks() =>
    [
        Case("hard-link-in-one-layer", Layer(F("a", "1"), H("b", "a"), D("d"), H("d/c", "a"))),
        Case("hard-link-to-a-lower-file", Layer(F("a", "1").Of(70000, 3).At(5, 6).With("user.k", "v")), Layer(H("b", "a"))),
        Case("hard-link-to-a-lower-file-in-a-closed-directory", Layer(D("d", 0x1C0).Of(9, 9).At(8), F("d/a", "1", 0xFFF)), Layer(H("b", "d/a"))),
        Case("hard-link-twice-to-a-lower-file", Layer(F("a", "1")), Layer(H("b", "a"), H("c", "a"), H("d", "b"))),
        Case("hard-link-to-two-names-of-one-lower-file", Layer(F("a", "1"), H("a2", "a"), H("a3", "a")), Layer(H("b", "a"), H("c", "a2"))),
        Case("hard-link-then-target-replaced", Layer(F("a", "1")), Layer(H("b", "a"), F("a", "2"))),
        Case("hard-link-to-the-replaced-target", Layer(F("a", "1")), Layer(F("a", "2"), H("b", "a"))),
        Case("hard-link-then-target-directory-replaced", Layer(D("d"), F("d/a", "1")), Layer(H("b", "d/a"), F("d", "2"))),
        Case("hard-link-then-target-directory-whited-out", Layer(D("d"), F("d/a", "1"), F("d/z")), Layer(H("b", "d/a"), W("d"))),
        Case("hard-link-then-target-directory-opaque", Layer(D("d"), F("d/a", "1"), F("d/z")), Layer(H("b", "d/a"), O("d"))),
        Case("hard-link-from-inside-a-directory-that-goes", Layer(D("d"), F("d/a", "1"), F("d/z")), Layer(H("d/b", "d/a"), W("d"))),
        Case("hard-link-to-what-is-whited-out", Layer(F("a", "1")), Layer(W("a"), H("b", "a"))),
        Case("hard-link-to-what-is-below-opaque", Layer(D("d"), F("d/a", "1")), Layer(O("d"), H("b", "d/a"))),
        Case("hard-link-to-nothing", Layer(H("b", "a"))),
        Case("hard-link-before-its-target", Layer(H("b", "a"), F("a", "1"))),
        Case("hard-link-to-a-directory", Layer(D("d"), H("b", "d"))),
        Case("hard-link-of-a-directory-to-itself", Layer(D("d"), H("d", "d"))),
        Case("hard-link-to-a-symbolic-link", Layer(F("a", "1"), S("s", "a"), H("b", "s"))),
        Case("hard-link-to-a-lower-symbolic-link", Layer(F("a", "1"), S("s", "a").Of(4, 5).At(6)), Layer(H("b", "s"))),
        Case("hard-link-to-a-lower-device-and-fifo", Layer(C("c", 1, 3).Of(4, 5).At(6), P("p").At(7)), Layer(H("c2", "c"), H("p2", "p"))),
        Case("hard-link-to-a-lower-file-with-capabilities", Layer(F("a", "1", 0x9ED).Of(0, 7).With("security.capability", Capability)), Layer(H("b", "a"))),
        Case("hard-link-through-a-link", Layer(D("real"), F("real/a", "1"), S("link", "/real")), Layer(H("b", "link/a"))),
        Case("hard-link-into-a-linked-directory", Layer(D("real"), S("link", "real"), F("a", "1")), Layer(H("link/b", "a"))),
        Case("hard-link-over-a-file", Layer(F("a", "1"), F("b", "2")), Layer(H("b", "a"))),
        Case("hard-link-over-a-directory", Layer(F("a", "1"), D("b"), F("b/f")), Layer(H("b", "a"))),
        Case("hard-link-over-a-name-of-the-same-file", Layer(F("a", "1"), H("b", "a"), H("b", "a"))),
        Case("hard-link-to-itself", Layer(F("a", "1"), H("a", "a"))) with { Umoci = "takes the name away first" },
        Case("hard-link-over-a-lower-name-of-the-same-file", Layer(F("a", "1"), H("b", "a")), Layer(H("b", "a"))),
        Case("hard-link-in-the-place-of-its-targets-directory", Layer(D("d"), F("d/a", "1")), Layer(H("d", "d/a"))),
        Case("hard-link-in-the-place-of-its-targets-directory-in-one-layer", Layer(D("d"), F("d/a", "1"), H("d", "d/a"))),
        Case("hard-link-with-other-attributes-in-its-header", Layer(F("a", "1"), H("b", "a") with { Mode = 0x1FF, Uid = 9, Time = new(3, 3) })),
        Case("hard-link-over-three-layers", Layer(F("a", "1")), Layer(H("b", "a")), Layer(H("c", "b")), Layer(H("d", "a"))),
        Case("hard-link-to-a-large-sparse-lower-file",
            Layer(Big("a", 1 << 20) with { IsSparse = true }), Layer(H("b", "a"))) with { Umoci = "0.4.7 refuses this sparse format" },
        Case("hard-link-out-of-the-root", Layer(F("a"), H("b", "../../../../etc/passwd"))),
        Case("hard-link-to-an-absolute-name", Layer(D("etc"), F("etc/x", "1"), H("b", "/etc/x"))),
        Case("hard-link-through-a-link-that-leads-out", Layer(S("out", "/../../canary"), H("b", "out/file"))),
    ];

    private static IEnumerable<NastyCase> Parents() =>
    [
        Case("parent-implicit", Layer(F("a/b/c", "1"))),
        Case("parent-by-a-link-that-leads-too-deep",
            Layer(S("l", string.Join('/', Enumerable.Repeat("x", 600))), F("l/f"))) with { Umoci = Refuses },
        Case("parent-by-links-within-each-other-that-lead-too-deep",
            Layer([.. Enumerable.Range(0, 39).Select(i => S($"l{i}", $"l{i + 1}/" + string.Join('/', Enumerable.Repeat("x", 2000)))), F("l0/f")])) with
        { Umoci = Refuses },
        Case("parent-by-a-link-through-a-missing-directory",
            Layer(S("l", "c/../a"), F("l/f"))) with { Umoci = "takes .. in a link as text and makes no c" },
        Case("parent-of-lower-layer-keeps-all-its-attributes",
            Layer(D("d", 0x3C0).Of(70000, 80000).At(-5, 7).With("user.k", "v\nw").With("trusted.t", "\xff")), Layer(F("d/f"))),
        Case("parents-of-lower-layers-keep-their-attributes",
            Layer(D("a", 0x1C0).At(1), D("a/b", 0x140).At(2), D("a/b/c", 0x1FF).At(3)), Layer(F("a/b/c/f")), Layer(F("a/b/g"))),
        Case("parent-described-behind-its-child", Layer(F("d/f"), D("d", 0x1C0).Of(1, 2).At(3))),
        Case("parent-without-permissions", Layer(D("d", 0), F("d/f"))),
        Case("parent-read-only-then-changed", Layer(D("d", 0x16D), F("d/a")), Layer(F("d/b"), W("d/a"))),
        Case("parent-time-is-the-headers-after-a-child", Layer(D("d").At(42), F("d/f"), F("d/g"))),
        Case("parent-time-is-the-headers-after-a-whiteout", Layer(D("d"), F("d/f"), F("d/g")), Layer(D("d").At(42), W("d/f"))) with { Umoci = LateTime },
        Case("parent-time-stays-after-a-later-whiteout", Layer(D("d").At(42), F("d/f"), F("d/g")), Layer(W("d/f"))),
        Case("parent-is-a-lower-link", Layer(D("real").At(42), S("link", "real")), Layer(F("link/f", "1"))),
        Case("parent-is-a-link-of-this-layer", Layer(D("real")), Layer(S("link", "real"), F("link/f", "1"))),
        Case("parent-is-a-link-to-a-link", Layer(D("real"), S("one", "real"), S("two", "one")), Layer(D("two/d"), F("two/d/f", "1"))),
        Case("parent-is-an-absolute-link-in-a-directory", Layer(D("usr"), D("usr/lib"), D("x"), S("x/lib", "/usr/lib")), Layer(F("x/lib/f", "1"))),
        Case("parent-is-a-relative-link-with-dots", Layer(D("a"), D("a/b"), D("c"), S("a/b/l", "../../c")), Layer(F("a/b/l/f", "1"))),
        Case("parent-is-a-link-into-a-directory-whited-out-here",
            Layer(D("real"), F("real/old"), S("link", "real")), Layer(W("real"), D("real"), F("link/f", "1"))),
        Case("parent-is-a-link-that-was-replaced-here", Layer(D("real"), S("link", "real")), Layer(D("link"), F("link/f", "1"))),
        Case("parent-is-a-link-that-leads-nowhere", Layer(S("link", "no/where"), F("link/f", "1"))),
        Case("parent-is-a-link-in-the-middle", Layer(D("r"), D("r/s"), S("l", "r")), Layer(D("l/s", 0x1C0), F("l/s/f", "1"))),
        Case("link-on-the-way-is-replaced-by-what-it-leads-to", Layer(S("l", "/"), D("d")), Layer(F("l/e"), S("l/l", "/d"), F("l/f"))),
        Case("link-to-a-way-out-of-what-is-replaced", Layer(S("l", "a/.."), D("a")), Layer(F("l/e"), F("l/a"), F("l/f")))
            with { Umoci = "takes .. in a link as text" },
        Case("directory-that-only-a-link-needs-is-of-its-layer", Layer(F("x")), Layer(S("l", "c/../a"), F("l/f"), O("")))
            with { Umoci = "takes .. in a link as text and makes no c" },
        Case("parent-is-a-loop", Layer(S("a", "b"), S("b", "a"), F("a/f"))),
        Case("whiteout-in-a-loop-of-the-first-layer", Layer(S("a", "b"), S("b", "a"), F("a/.wh.f"))),
        Case("parent-is-a-link-to-a-file", Layer(F("f", "1"), S("l", "f"), F("l/x"))),
        Case("lower-link-to-the-root", Layer(D("d"), S("d/root", "/")), Layer(F("d/root/f", "1"))),
        Case("nothing-but-a-deep-child", Layer(D("a", 0x1C0).At(3), D("a/b", 0x1C0).At(4)), Layer(F("x")), Layer(F("a/b/f")), Layer(W("a/b/f"))),
        Case("an-empty-layer", Layer(F("a")), Layer(), Layer(F("b"))),
    ];

    private static IEnumerable<NastyCase> Escapes() =>
    [
        Case("escape-dots-in-the-name", Layer(F("../../../canary/hit", "1"))),
        Case("escape-absolute-name", Layer(F("/canary/hit", "1"))),
        Case("escape-absolute-link", Layer(D("tmp"), S("l", "/tmp"), F("l/hit", "1"))),
        Case("escape-dots-in-a-link", Layer(S("l", "../../../.."), F("l/hit", "1"))),
        Case("escape-link-to-the-canary", Layer(S("l", "../canary"), F("l/hit", "1"))),
        Case("escape-link-in-a-lower-layer", Layer(S("l", "/../../canary")), Layer(F("l/hit", "1"))),
        Case("escape-whiteout-of-the-canary", Layer(S("l", "../canary")), Layer(W("l/file"), W("../canary/file"))),
        Case("escape-opaque-in-the-canary", Layer(S("l", "../canary")), Layer(O("l"), O("../canary"))),
        Case("escape-link-chain", Layer(D("a"), S("a/b", ".."), S("a/c", "b/.."), S("d", "a/c/../canary"), F("d/hit", "1"))),
        Case("escape-directory-over-a-link-out", Layer(S("l", "../canary")), Layer(D("l", 0x1C0), F("l/hit", "1"))),
        Case("escape-file-over-a-link-out", Layer(S("l", "../canary/file")), Layer(F("l", "overwritten"))),
        Case("escape-through-proc", Layer(D("proc"), S("l", "/proc/self/cwd"), F("l/hit", "1"))) with { Umoci = LateTime },
        Case("escape-directory-replaced-by-a-link-midway", Layer(D("d"), F("d/a"), S("d", "../canary"), F("d/hit", "1"))),
    ];

    private static IEnumerable<NastyCase> Metadata() =>
    [
        Case("mode-bits", Layer(F("su", "1", 0x9ED).Of(5, 6), F("sg", "1", 0x5ED).Of(5, 6), D("t", 0x3FF), D("g", 0x5ED).Of(3, 3), F("none", "1", 0))),
        Case("capabilities", Layer(F("ping", "1", 0x1ED).Of(0, 5).With("security.capability", Capability))),
        Case("attributes-are-bytes",
            Layer(F("a").With("user.nl", "a\nb").With("user.high", "\x80\xff\xfe").With("user.zero", "a\0b").With("user.empty", "")))
            with { Umoci = "0.4.7 cannot read a zero byte" },
        Case("attributes-of-directories-and-others",
            Layer(D("d").With("user.d", "1").With("trusted.d", "2"), S("s", "x").With("trusted.s", "3"), P("p").With("trusted.p", "4"),
            C("c", 1, 3).With("trusted.c", "5"))),
        Case("default-access-list-of-a-lower-directory-is-not-for-its-children",
            Layer(D("d").With("system.posix_acl_default", DefaultAcl)), Layer(D("d/s"), F("d/f", "1"), D("d/s/t")))
            with { Umoci = "lets children have it" },
        Case("overlay-attributes-of-the-image",
            Layer(D("d").With("trusted.overlay.opaque", "y").With("user.keep", "1"), F("d/f")),
            Layer(D("d").With("trusted.overlay.opaque", "y").With("trusted.overlay.redirect", "/etc"),
            F("d/g").With("trusted.overlay.metacopy", ""))) with { Umoci = "keeps overlay's own attributes" },
        Case("large-ids", Layer(F("a").Of(65536, 3000000), D("d").Of(4294967294, 70000), S("s", "a").Of(100000, 100001))),
        Case("times",
            Layer(F("ns").At(1234567890, 123456789), F("before").At(-1, 500000000), F("long-before").At(-1000000), F("zero").At(0),
            F("late").At(4102444800, 1), D("d").At(-7, 9), S("s", "x").At(8, 9))),
        Case("times-of-nested-directories", Layer(D("a").At(1), D("a/b").At(2), F("a/b/f").At(3)), Layer(D("a").At(11), F("a/b/g").At(12))),
        Case("devices", Layer(C("null", 1, 3), B("disk", 8, 17), C("big", 300, 70000), P("pipe"))),
        Case("device-0-0", Layer(F("a")), Layer(C("zero", 0, 0))),
        Case("device-that-linux-has-not", Layer(F("a")), Layer(C("zero", 4096, 0))) with { Umoci = Refuses },
        Case("block-device-that-linux-has-not", Layer(B("disk", 8, 1 << 20))) with { Umoci = Refuses },
        Case("block-device-0-0", Layer(B("zero", 0, 0))),
        Case("sparse",
            Layer(Big("s", 1 << 20) with { IsSparse = true }, new NastyEntry(Tar.TarKind.File, "hole") { Data = new byte[100_000], IsSparse = true }))
            with { Umoci = "0.4.7 refuses this sparse format" },
        Case("empty-files-and-directories", Layer(F("a"), D("b"), F("c"), D("b/d"))),
        Case("a-file-of-a-megabyte", Layer(Big("a", 1_000_001))),
    ];

    private static IEnumerable<NastyCase> Names() =>
    [
        Case("name-not-utf8",
            Layer(F("bad\xff\xfe", "1"), D("d\x80"), F("d\x80/\xc3", "1"), S("l\xfd", "bad\xff\xfe"), H("h\xfc", "bad\xff\xfe")), Layer(W("bad\xff\xfe"))),
        Case("name-with-newline-and-control", Layer(F("a\nb", "1"), F("t\tx"), F("\x01"), F(" "), F("q\"'\\"))),
        Case("name-of-255-bytes", Layer(F(new string('n', 255), "1"), D(new string('d', 255)), F(new string('d', 255) + "/f"))),
        Case("name-of-256-bytes", Layer(F(new string('n', 256), "1"))),
        Case("whiteout-of-a-name-of-251-bytes", Layer(F(new string('n', 251), "1"), F("b")), Layer(W(new string('n', 251)))),
        Case("link-target-of-4095-bytes", Layer(S("s", new string('t', 4095)))),
        Case("deep-directories",
            Layer([.. Enumerable.Range(1, 100).Select(depth => D(string.Join('/', Enumerable.Repeat("d", depth))))]),
            Layer(F(string.Concat(Enumerable.Repeat("d/", 100)) + "f", "1"))),
        Case("name-with-dots-and-slashes", Layer(D("./a"), F("a//b", "1"), F("./a/./c", "2"), F("a/..d", "3"), F("...", "4"))),
        Case("link-target-is-kept-as-it-is", Layer(S("a", "./x//y/../z/"), S("b", "/abs/../x"), S("c", "."), S("d", "\xff\n"))),
    ];
}
