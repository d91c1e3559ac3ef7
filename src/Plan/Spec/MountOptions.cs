using System;
using System.Collections.Generic;
using static SharpRun.Planning.NativeFlags;

namespace SharpRun.Planning;

/// <summary>The words of mounts[].options, as the specification's table and mount(8) have them.</summary>
public static class MountOptions
{
    // What a bind mount's explicit flags reset. Not the atime family: the kernel keeps that in a remount which does not name it.
    private const uint Resettable = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;

    private const string Sync = "sync", DirSync = "dirsync", LazyTime = "lazytime", Mand = "mand";

    /// <summary>Every word that is an option here, in alphabetical order; another word is data for the file system. Words of the family "r"
    /// change everything below the mount, too.</summary>
    public static readonly string[] Known =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap", "iversion", "lazytime", "loud", "mand", "noatime",
        "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private",
        "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec",
        "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave",
        "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync",
        "tmpcopyup", "unbindable",
    ];

    private enum Atime
    {
        Unsaid, Relative, None, Strict,
    }

    private struct Attributes
    {
        public uint Set, Clear;
        public Atime Atime;

        // mount_setattr(2) changes the atime field only when all of it is cleared.
        public readonly uint AllClear => Atime == Atime.Unsaid ? Clear : Clear | MOUNT_ATTR__ATIME;

        public readonly uint AllSet => Set | Atime switch
        {
            Atime.None => MOUNT_ATTR_NOATIME,
            Atime.Strict => MOUNT_ATTR_STRICTATIME,
            _ => MOUNT_ATTR_RELATIME,
        };
    }

    // What the words so far add up to: the mount's own attributes, and those of it with everything below.
    private struct State
    {
        public bool Bind, Recursive, Remount, CopyUp;
        public Attributes Own, Below;
        public List<string> Superblock;
        public List<(ulong, bool)> Propagation;
        public List<FsOption> Data;
    }

    /// <summary>Path is that of the list (`mounts[4].options`); a wrong word is named with its index. isBind: the mount's type already says bind.</summary>
    public static MountFlags Parse(string path, IReadOnlyList<string> options, bool isBind = false)
    {
        if (options.Count == 0 && !isBind)
        {
            return MountFlags.None;
        }
        var state = new State { Bind = isBind, Superblock = [], Propagation = [], Data = [] };
        var firstData = -1;
        for (var i = 0; i < options.Count; i++)
        {
            var word = options[i];
            if (Attribute(ref state.Own, word) || Kind(ref state, word) || Propagate(ref state, word) || Superblock(ref state, word)
                || (word.StartsWith('r') && Attribute(ref state.Below, word[1..])))
            {
                continue;
            }
            firstData = firstData < 0 && word.Length > 0 ? i : firstData;
            AddData(state.Data, word, $"{path}[{i}]");
        }
        if (state.Bind && firstData >= 0)
        {
            // The kernel would ignore it without a word, and a mistyped "nosuidd" would be a weaker container.
            throw new SpecError($"{path}[{firstData}]", $"\"{options[firstData]}\" is not a mount option");
        }
        return Result(state);
    }

    private static MountFlags Result(in State state)
    {
        var (set, clear) = (state.Own.AllSet, state.Own.AllClear);
        var data = new List<FsOption>(state.Superblock.Count + state.Data.Count);
        if (!state.Bind)
        {
            foreach (var flag in state.Superblock)
            {
                data.Add(new FsOption(flag, null));
            }
            data.AddRange(state.Data);
        }
        return new MountFlags
        {
            Bind = state.Bind,
            Recursive = state.Recursive,
            Remount = state.Remount,
            CopyUp = state.CopyUp,
            RecursiveSet = state.Below.AllSet,
            RecursiveClear = state.Below.AllClear,
            AttributesSet = set,
            AttributesClear = clear,
            AttributesReset = state.Bind && (set | clear) != 0 ? Resettable & ~set & ~clear : 0,
            Propagation = state.Propagation,
            Data = data,
        };
    }

    private static bool Attribute(ref Attributes attributes, string word)
    {
        switch (word)
        {
            case "ro": return Set(ref attributes, MOUNT_ATTR_RDONLY);
            case "rw": return Clear(ref attributes, MOUNT_ATTR_RDONLY);
            case "nosuid": return Set(ref attributes, MOUNT_ATTR_NOSUID);
            case "suid": return Clear(ref attributes, MOUNT_ATTR_NOSUID);
            case "nodev": return Set(ref attributes, MOUNT_ATTR_NODEV);
            case "dev": return Clear(ref attributes, MOUNT_ATTR_NODEV);
            case "noexec": return Set(ref attributes, MOUNT_ATTR_NOEXEC);
            case "exec": return Clear(ref attributes, MOUNT_ATTR_NOEXEC);
            case "nodiratime": return Set(ref attributes, MOUNT_ATTR_NODIRATIME);
            case "diratime": return Clear(ref attributes, MOUNT_ATTR_NODIRATIME);
            case "nosymfollow": return Set(ref attributes, MOUNT_ATTR_NOSYMFOLLOW);
            case "symfollow": return Clear(ref attributes, MOUNT_ATTR_NOSYMFOLLOW);
            default: return ChooseAtime(ref attributes, word);
        }
    }

    private static bool Set(ref Attributes attributes, uint attribute)
    {
        attributes.Set |= attribute;
        attributes.Clear &= ~attribute;
        return true;
    }

    private static bool Clear(ref Attributes attributes, uint attribute)
    {
        attributes.Set &= ~attribute;
        attributes.Clear |= attribute;
        return true;
    }

    // The kernel's default is relatime; "atime" and "nostrictatime" mean that default, "norelatime" only takes back a "relatime".
    private static bool ChooseAtime(ref Attributes attributes, string word)
    {
        switch (word)
        {
            case "noatime": attributes.Atime = Atime.None; return true;
            case "strictatime": attributes.Atime = Atime.Strict; return true;
            case "relatime": attributes.Atime = Atime.Relative; return true;
            case "atime" when attributes.Atime is Atime.Unsaid or Atime.None: attributes.Atime = Atime.Relative; return true;
            case "nostrictatime" when attributes.Atime is Atime.Unsaid or Atime.Strict: attributes.Atime = Atime.Relative; return true;
            case "norelatime" when attributes.Atime == Atime.Relative: attributes.Atime = Atime.Unsaid; return true;
            case "atime" or "nostrictatime" or "norelatime": return true;
            default: return false;
        }
    }

    private static bool Kind(ref State state, string word)
    {
        switch (word)
        {
            case "bind": (state.Bind, state.Recursive) = (true, false); return true;
            case "rbind": (state.Bind, state.Recursive) = (true, true); return true;
            case "remount": state.Remount = true; return true;
            case "tmpcopyup": state.CopyUp = true; return true;
            // The mount's own property: MountIdMap reads them.
            case "idmap" or "ridmap": return true;
            default: return false;
        }
    }

    private static bool Propagate(ref State state, string word)
    {
        var recursive = word.StartsWith('r');
        ulong flag = (recursive ? word.AsSpan(1) : word) switch
        {
            "private" => MS_PRIVATE,
            "slave" => MS_SLAVE,
            "shared" => MS_SHARED,
            "unbindable" => MS_UNBINDABLE,
            _ => 0,
        };
        if (flag != 0)
        {
            state.Propagation.Add((flag, recursive));
        }
        return flag != 0;
    }

    // Flags of the whole file system, which a bind mount has no say in (mount(8): they are ignored there).
    private static bool Superblock(ref State state, string word)
    {
        switch (word)
        {
            case "sync": return Add(state.Superblock, Sync);
            case "async": return Remove(state.Superblock, Sync);
            case "dirsync": return Add(state.Superblock, DirSync);
            case "lazytime": return Add(state.Superblock, LazyTime);
            case "nolazytime": return Remove(state.Superblock, LazyTime);
            case "mand": return Add(state.Superblock, Mand);
            case "nomand": return Remove(state.Superblock, Mand);
            // No effect through fsconfig(2): silent and loud only choose what the kernel logs, and the version counter is
            // kept whether one asks or not by tmpfs, btrfs, xfs and (since 6.0) ext4.
            case "defaults" or "silent" or "loud" or "iversion" or "noiversion": return true;
            default: return false;
        }
    }

    private static bool Add(List<string> flags, string flag)
    {
        flags.Remove(flag);
        flags.Add(flag);
        return true;
    }

    private static bool Remove(List<string> flags, string flag)
    {
        flags.Remove(flag);
        return true;
    }

    // mount(2) splits its data at commas, so one word of a config may hold several options; quoted commas (SELinux contexts)
    // and escaped ones (overlay) belong to a value.
    private static void AddData(List<FsOption> data, string word, string path)
    {
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= word.Length; i++)
        {
            if (i < word.Length && word[i] == '"')
            {
                quoted = !quoted;
            }
            else if (i == word.Length || (word[i] == ',' && !quoted && (i == 0 || word[i - 1] != '\\')))
            {
                AddOption(data, word[start..i], path);
                start = i + 1;
            }
        }
    }

    private static void AddOption(List<FsOption> data, string option, string path)
    {
        if (option.Length == 0)
        {
            return;
        }
        var key = NameOf(option);
        if (key.Length == 0)
        {
            throw new SpecError(path, $"\"{option}\" has a value but no name");
        }
        data.Add(new FsOption(key, key.Length == option.Length ? null : new CString(Value(key, option[(key.Length + 1)..]))));
    }

    // The quotes keep the commas of a label from mount(2); fsconfig(2) takes the label as it is.
    private static string Value(string key, string text) =>
        FsOption.IsLabel(key) && text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;

    private static string NameOf(string option)
    {
        var end = option.IndexOf('=', StringComparison.Ordinal);
        return end < 0 ? option : option[..end];
    }

    /// <summary>The way back, for the text of a plan: kind aside, every word once.</summary>
    internal static IEnumerable<string> Words(MountFlags flags)
    {
        foreach (var word in AttributeWords(flags.AttributesSet, flags.AttributesClear))
        {
            yield return word;
        }
        foreach (var word in AttributeWords(flags.RecursiveSet, flags.RecursiveClear))
        {
            yield return "r" + word;
        }
        foreach (var (flag, recursive) in flags.Propagation)
        {
            var word = flag switch { MS_PRIVATE => "private", MS_SLAVE => "slave", MS_SHARED => "shared", _ => "unbindable" };
            yield return recursive ? "r" + word : word;
        }
        foreach (var option in flags.Data)
        {
            yield return option.ToString();
        }
        if (flags.CopyUp)
        {
            yield return "tmpcopyup";
        }
    }

    private static IEnumerable<string> AttributeWords(uint set, uint clear)
    {
        foreach (var (bit, setWord, clearWord) in s_attributeWords)
        {
            if ((set & bit) != 0)
            {
                yield return setWord;
            }
            else if ((clear & bit) != 0)
            {
                yield return clearWord;
            }
        }
        if ((clear & MOUNT_ATTR__ATIME) != 0)
        {
            yield return (set & MOUNT_ATTR__ATIME) switch
            {
                MOUNT_ATTR_NOATIME => "noatime",
                MOUNT_ATTR_STRICTATIME => "strictatime",
                _ => "relatime",
            };
        }
    }

    private static readonly (uint Bit, string Set, string Clear)[] s_attributeWords =
    [
        (MOUNT_ATTR_RDONLY, "ro", "rw"), (MOUNT_ATTR_NOSUID, "nosuid", "suid"), (MOUNT_ATTR_NODEV, "nodev", "dev"),
        (MOUNT_ATTR_NOEXEC, "noexec", "exec"), (MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime"),
        (MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow", "symfollow"),
    ];
}
