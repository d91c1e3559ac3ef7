using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using static SharpRun.Image.Tests.Nasty.Entries;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>A stack of layers that something out there gets wrong. Umoci: why it is no judge here, null: it is.</summary>
sealed record NastyCase(string Name, IReadOnlyList<IReadOnlyList<NastyEntry>> Layers)
{
    public string? Umoci { get; init; }

    public override string ToString() => Name;
}

/// <summary>The named cases. What is expected is the model's to say.</summary>
static partial class NastyCases
{
    private const string Refuses = "refused by us alone", LateTime = "0.4.7 leaves a directory the time of what was done in it last";

    public static IReadOnlyList<NastyCase> All { get; } =
        [.. Whiteouts(), .. Opaque(), .. Replacements(), .. HardLinks(), .. Parents(), .. Escapes(), .. Metadata(), .. Names()];

    public static NastyCase Find(string name) => All.Single(one => one.Name == name);

    private static NastyCase Case(string name, params NastyEntry[][] layers) => new(name, layers);

    private static NastyEntry[] Layer(params NastyEntry[] entries) => entries;

    private static NastyEntry Big(string name, int length)
    {
        var data = new byte[length];
        for (var at = 0; at < length; at += 64 << 10)
        {
            Encoding.ASCII.GetBytes("piece").CopyTo(data.AsSpan(at, Math.Min(5, length - at)));
        }
        return F(name) with { Data = data };
    }

    private static IEnumerable<NastyCase> Whiteouts() =>
    [
        Case("whiteout-file", Layer(F("a", "1"), F("b", "1")), Layer(W("a"))),
        Case("whiteout-directory", Layer(D("d"), F("d/f", "1"), D("d/e"), F("d/e/g", "1"), F("x")), Layer(W("d"))),
        Case("whiteout-symlink-not-its-target", Layer(F("target", "1"), S("link", "target")), Layer(W("link"))),
        Case("whiteout-device-and-fifo", Layer(C("null", 1, 3), P("pipe"), F("stays")), Layer(W("null"), W("pipe"))),
        Case("whiteout-absent", Layer(F("a")), Layer(W("b"), F("c"))),
        Case("whiteout-absent-in-new-directory", Layer(F("a")), Layer(D("d"), W("d/x"), F("d/f"))),
        Case("whiteout-absent-in-absent-directory", Layer(F("a")), Layer(W("no/such/x"), F("c"))),
        Case("whiteout-in-lowest-layer", Layer(D("d"), F("d/f"), W("d/g"), W("x"), O("d"))),
        Case("whiteout-below-a-file", Layer(F("a", "1")), Layer(W("a/b"))),
        Case("whiteout-after-same-layer-file", Layer(F("a", "1")), Layer(F("a", "2"), W("a"))),
        Case("whiteout-before-same-layer-file", Layer(F("a", "1")), Layer(W("a"), F("a", "2"))),
        Case("whiteout-after-same-layer-directory", Layer(D("d"), F("d/old")), Layer(D("d", 0x1C0), F("d/new"), W("d"))) with { Umoci = LateTime },
        Case("whiteout-before-same-layer-directory", Layer(D("d"), F("d/old")), Layer(W("d"), D("d", 0x1C0), F("d/new"))),
        Case("whiteout-between-entries-of-its-directory",
            Layer(D("d"), F("d/old"), D("d/s"), F("d/s/old")), Layer(D("d"), F("d/a"), W("d"), F("d/z"), D("d/s"), F("d/s/new"))) with { Umoci = LateTime },
        Case("whiteout-of-an-implicit-directory",
            Layer(D("d").Of(5, 5), F("d/old")), Layer(F("d/new"), W("d"))) with { Umoci = "keeps the attributes of the directory that is gone" },
        Case("whiteout-then-implicit-directory", Layer(D("d", 0x1C0).Of(5, 5), F("d/old")), Layer(W("d"), F("d/new"))),
        Case("whiteout-then-back-in-the-next-layer", Layer(D("d"), F("d/old")), Layer(W("d")), Layer(D("d"), F("d/new"))),
        Case("whiteout-then-back-three-layers-later", Layer(D("d"), F("d/old")), Layer(W("d")), Layer(F("other")), Layer(F("d/new"))),
        Case("whiteout-of-one-of-two-siblings", Layer(D("d"), F("d/a"), F("d/b")), Layer(W("d/a"))),
        Case("whiteout-with-a-prefix-of-another-name", Layer(F("ab"), D("a"), F("a/x"), F("a.b")), Layer(W("a"))),
        Case("whiteout-through-a-lower-link", Layer(D("real"), F("real/f"), F("real/g"), S("link", "real")), Layer(W("link/f"))),
        Case("whiteout-through-an-absolute-link", Layer(D("real"), F("real/f"), F("real/g"), D("in"), S("in/link", "/real")), Layer(W("in/link/f"))),
        Case("whiteout-of-a-file-that-is-linked", Layer(F("a", "1"), H("b", "a")), Layer(W("a"))),
        Case("whiteout-of-every-child", Layer(D("d"), F("d/a"), F("d/b")), Layer(W("d/a"), W("d/b"))),
        Case("whiteout-of-the-same-twice", Layer(F("a")), Layer(W("a"), W("a"))),
        Case("whiteout-with-data-and-odd-type", Layer(F("a"), F("b")), Layer(F(".wh.a", "text"), S(".wh.b", "somewhere"))),
        Case("whiteout-of-a-name-that-begins-with-wh", Layer(F("a")), Layer(F(".wh..wh.plnk"), F("b"))) with { Umoci = "keeps no list of aufs's own names" },
        Case("whiteout-as-a-directory", Layer(F("a")), Layer(F(".wh.x/y"))) with { Umoci = Refuses },
        Case("whiteout-without-a-name", Layer(F("a")), Layer(F(".wh."))) with { Umoci = Refuses },
        Case("whiteout-of-dot", Layer(D("d"), F("d/a")), Layer(F("d/.wh.."))) with { Umoci = Refuses },
        Case("whiteout-of-dot-dot", Layer(D("d"), F("a"), F("d/a")), Layer(F("d/.wh..."))) with { Umoci = Refuses },
        Case("whiteout-in-a-deep-directory-copies-attributes",
            Layer(D("a", 0x1C0).Of(1, 2).At(5), D("a/b", 0x3FF).Of(3, 4).At(6).With("user.k", "v"), F("a/b/f"), F("a/b/g")), Layer(W("a/b/f"))),
        Case("whiteout-before-and-after-a-hard-link", Layer(F("a", "1"), F("b", "2")), Layer(H("c", "a"), W("a"), H("d", "c"))),
    ];

    private static IEnumerable<NastyCase> Opaque() =>
    [
        Case("opaque-first", Layer(D("d"), F("d/old"), D("d/s"), F("d/s/old")), Layer(D("d"), O("d"), F("d/new"))),
        Case("opaque-last", Layer(D("d"), F("d/old"), D("d/s"), F("d/s/old")), Layer(D("d"), F("d/new"), O("d"))),
        Case("opaque-in-the-middle",
            Layer(D("d"), F("d/old"), D("d/s"), F("d/s/old")), Layer(D("d"), F("d/a"), D("d/s"), O("d"), F("d/s/new"), F("d/z"))) with { Umoci = LateTime },
        Case("opaque-without-its-directory", Layer(D("d", 0x1C0).Of(7, 8).At(9).With("user.k", "v"), F("d/old")), Layer(O("d"))),
        Case("opaque-in-an-absent-directory", Layer(F("a")), Layer(O("d"), F("b"))),
        Case("opaque-in-a-new-directory", Layer(F("a")), Layer(D("d"), O("d"), F("d/f"))),
        Case("opaque-and-whiteout-below", Layer(D("d"), F("d/old"), D("d/s"), F("d/s/old")), Layer(D("d"), W("d/s/old"), O("d"), W("d/old"), F("d/new"))),
        Case("opaque-root-first", Layer(F("a"), D("d"), F("d/f")), Layer(O(""), F("b"))),
        Case("opaque-root-last", Layer(F("a"), D("d"), F("d/f"), S("s", "a")), Layer(F("b"), D("d"), F("d/new"), O(""))) with { Umoci = LateTime },
        Case("opaque-root-then-more-layers", Layer(D("d"), F("d/1")), Layer(O(""), D("d"), F("d/2")), Layer(F("d/3"))),
        Case("opaque-through-a-link", Layer(D("real"), F("real/f"), S("link", "real")), Layer(O("link"))),
        Case("opaque-twice", Layer(D("d"), F("d/old")), Layer(O("d"), D("d"), F("d/new"), O("d"))),
        Case("opaque-in-two-layers", Layer(D("d"), F("d/1")), Layer(D("d"), O("d"), F("d/2")), Layer(D("d"), O("d"), F("d/3"))),
        Case("opaque-above-whiteout", Layer(D("d"), F("d/1"), F("d/2")), Layer(W("d/1")), Layer(D("d"), F("d/3"), O("d"))),
        Case("opaque-then-implicit-child", Layer(D("d"), D("d/s", 0x1C0), F("d/s/old")), Layer(O("d"), F("d/s/new"))) with { Umoci = LateTime },
        Case("opaque-on-a-file", Layer(F("d", "1")), Layer(O("d"))) with { Umoci = "takes the file away" },
        Case("opaque-and-replaced", Layer(D("d"), F("d/old")), Layer(O("d"), F("d", "file"))),
        Case("opaque-inside-a-whited-out-directory", Layer(D("d"), F("d/old")), Layer(W("d"), O("d"), F("x"))),
        Case("whited-out-after-opaque", Layer(D("d"), F("d/old")), Layer(O("d"), W("d"), F("x"))),
        Case("opaque-keeps-the-deeper-entries",
            Layer(D("a"), D("a/b"), F("a/b/old"), F("a/old")), Layer(D("a"), D("a/b"), F("a/b/new"), O("a"))) with { Umoci = LateTime },
    ];

    private static IEnumerable<NastyCase> Replacements() =>
    [
        Case("file-to-directory", Layer(F("x", "1")), Layer(D("x"), F("x/f"))),
        Case("directory-to-file", Layer(D("x"), F("x/f")), Layer(F("x", "1"))),
        Case("directory-to-link", Layer(D("x"), F("x/f"), D("y")), Layer(S("x", "y"))),
        Case("link-to-directory", Layer(D("y"), F("y/f"), S("x", "y")), Layer(D("x"), F("x/g"))),
        Case("link-to-file", Layer(F("y", "1"), S("x", "y")), Layer(F("x", "2"))),
        Case("file-to-link", Layer(F("y", "1"), F("x", "2")), Layer(S("x", "y"))),
        Case("directory-to-device-and-back", Layer(D("x"), F("x/f")), Layer(C("x", 1, 5)), Layer(D("x"), F("x/g"))),
        Case("directory-to-fifo", Layer(D("x"), F("x/f")), Layer(P("x"))),
        Case("directory-deleted-and-back-in-one-layer", Layer(D("x"), F("x/old")), Layer(F("x", "1"), D("x"), F("x/new"))),
        Case("directory-link-directory-in-one-layer", Layer(D("x"), F("x/old"), D("y"), F("y/f")), Layer(S("x", "y"), D("x"), F("x/new"))),
        Case("file-to-directory-over-three-layers", Layer(D("x"), F("x/1")), Layer(F("x", "2")), Layer(D("x"), F("x/3"))),
        Case("directory-over-directory-keeps-children-and-replaces-attributes",
            Layer(D("x").With("user.old", "1").Of(1, 1), F("x/f")), Layer(D("x", 0x1C0).With("user.new", "2").At(7))),
        Case("duplicate-file-last-wins", Layer(F("x", "1").With("user.a", "1"), F("x", "2", 0x180))),
        Case("duplicate-directory-last-wins", Layer(D("x").With("user.a", "1"), F("x/f"), D("x", 0x1C0))),
        Case("duplicate-of-a-linked-file", Layer(F("x", "1"), H("y", "x"), F("x", "2"))),
        Case("file-over-a-linked-lower-file", Layer(F("x", "1"), H("y", "x")), Layer(F("x", "2"))),
        Case("file-over-a-lower-link-is-not-written-through", Layer(F("y", "1"), S("x", "y")), Layer(F("x", "22"))),
        Case("nested-directories-replaced-at-once", Layer(D("a"), D("a/b"), D("a/b/c"), F("a/b/c/f")), Layer(F("a", "1"), D("a"), D("a/b"), F("a/b/new"))),
        Case("child-of-a-file-in-the-same-layer", Layer(F("x", "1"), F("x/y", "2"))),
        Case("child-of-a-lower-file", Layer(F("x", "1")), Layer(F("x/y", "2"))),
        Case("root-as-a-file", Layer(F("a"), F("./", "1"))) with { Umoci = Refuses },
        Case("root-as-a-link", Layer(F("a"), S("./", "/etc"))),
        Case("root-attributes", Layer(D(".", 0x1C0).Of(3, 4).At(77).With("user.r", "1"), F("a")), Layer(F("b"))),
        Case("root-attributes-replaced", Layer(D(".", 0x1C0).With("user.r", "1"), F("a")), Layer(D(".", 0x1ED).At(88), F("b"))),
    ];
}
