using System;
using System.Globalization;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class CredentialTests
{
    public static readonly Test[] All =
    [
        new("ids and groups as /proc/self/status says", Ids),
        new("a lost privilege does not come back", NoWayBack),
        new("capabilities as /proc/self/status says", Capable),
        new("ambient and bounding sets", AmbientAndBounding),
        new("keepcaps and no_new_privs", Prctls),
        new("a session keyring of its own", Keyring),
        new("resource limits of another process", Limits),
        new("umask, host name and domain name", Names, Native.CLONE_NEWUTS),
    ];

    private static string Status(string key)
    {
        foreach (var line in Scratch.ReadFile("/proc/thread-self/status").Split('\n'))
        {
            if (line.StartsWith(key + ":", StringComparison.Ordinal))
            {
                return line[(key.Length + 1)..].Trim().Replace('\t', ' ');
            }
        }
        throw new Failure($"no {key} in status");
    }

    private static ulong Set(string key) => ulong.Parse(Status(key), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static void Ids()
    {
        Check.Ok(Sys.SetGroups([7, 5, 4294967294]));
        Check.Equal("5 7 4294967294", Status("Groups"));
        Span<uint> groups = stackalloc uint[8];
        Check.Equal(3, Check.Value(Sys.GetGroups(groups)));
        Check.Ok(Sys.SetGroups([]));
        Check.Equal("", Status("Groups"));
        Check.Ok(Sys.SetResGid(1234));
        Check.Ok(Sys.SetResUid(4294967294));
        Check.Equal("1234 1234 1234 1234", Status("Gid"));
        Check.Equal("4294967294 4294967294 4294967294 4294967294", Status("Uid"));
        Check.Equal((4294967294u, 4294967294u, 1234u, 1234u), (Sys.GetUid(), Sys.GetEuid(), Sys.GetGid(), Sys.GetEgid()));
    }

    private static void NoWayBack()
    {
        Check.Ok(Sys.SetResGid(1000));
        Check.Ok(Sys.SetResUid(1000));
        Check.Fails(Errno.EPERM, Sys.SetResUid(0));
        Check.Fails(Errno.EPERM, Sys.SetResGid(0));
        Check.Fails(Errno.EPERM, Sys.SetGroups([0]));
        Check.Ok(Sys.CapGet(out var none));
        Check.Equal(default(Capabilities), none);
        Check.Fails(Errno.EPERM, Sys.CapSet(new Capabilities(1, 1, 0)));
    }

    private static void Capable()
    {
        Check.Ok(Sys.CapGet(out var all));
        Check.Equal((Set("CapEff"), Set("CapPrm"), Set("CapInh")), (all.Effective, all.Permitted, all.Inheritable));
        // The second word too: 38 is CAP_PERFMON, 3 is CAP_FOWNER.
        const ulong few = 1UL << 3 | 1UL << 38;
        Check.True((all.Permitted & few) == few, "the test itself needs CAP_FOWNER and CAP_PERFMON");
        Check.Ok(Sys.CapSet(new Capabilities(1UL << 38, few, 1UL << 3)));
        Check.Equal((1UL << 38, few, 1UL << 3), (Set("CapEff"), Set("CapPrm"), Set("CapInh")));
        Check.Ok(Sys.CapGet(out var now));
        Check.Equal(new Capabilities(1UL << 38, few, 1UL << 3), now);
        Check.Fails(Errno.EPERM, Sys.CapSet(all));
    }

    private static void AmbientAndBounding()
    {
        Check.Ok(Sys.CapGet(out var all));
        Check.Ok(Sys.CapSet(all with { Inheritable = 1UL << 3 }));
        Check.Ok(Sys.RaiseAmbient(3));
        Check.Equal(1UL << 3, Set("CapAmb"));
        Check.Equal(1, Check.Value(Sys.ReadAmbient(3)));
        Check.Fails(Errno.EPERM, Sys.RaiseAmbient(4));
        Check.Ok(Sys.ClearAmbient());
        Check.Equal(0UL, Set("CapAmb"));
        var before = Set("CapBnd");
        Check.Equal(1, Check.Value(Sys.ReadBounding(27)), "CAP_MKNOD in the bounding set");
        Check.Ok(Sys.DropBounding(27));
        Check.Equal(before & ~(1UL << 27), Set("CapBnd"));
        Check.Equal(0, Check.Value(Sys.ReadBounding(27)));
        Check.Fails(Errno.EINVAL, Sys.DropBounding(63));
    }

    private static void Prctls()
    {
        Check.Value(Sys.Prctl(Native.PR_SET_KEEPCAPS, 1));
        Check.Ok(Sys.SetResUid(1000));
        Check.Ok(Sys.CapGet(out var kept));
        Check.True(kept.Effective == 0 && kept.Permitted != 0, "the permitted set was not kept");
        Check.Equal(0, Check.Value(Sys.Prctl(Native.PR_GET_NO_NEW_PRIVS)));
        Check.Value(Sys.Prctl(Native.PR_SET_NO_NEW_PRIVS, 1));
        Check.Equal(1, Check.Value(Sys.Prctl(Native.PR_GET_NO_NEW_PRIVS)));
        Check.Equal("1", Status("NoNewPrivs"));
        Check.Fails(Errno.EINVAL, Sys.Prctl(Native.PR_SET_NO_NEW_PRIVS, 0));
        Check.Value(Sys.Prctl(Native.PR_SET_DUMPABLE, 0));
        Check.Equal(0, Check.Value(Sys.Prctl(Native.PR_GET_DUMPABLE)));
    }

    private static void Keyring()
    {
        var joined = Sys.KeyctlJoin("_ses.kernel-tests"u8);
        Check.Needs(joined.Error, "keyrings");
        var key = Check.Value(joined);
        Check.True(key > 0);
        var text = new byte[256];
        Check.Value(Sys.KeyctlDescribe(key, text));
        Check.True(Of(text).StartsWith("keyring;0;0;", StringComparison.Ordinal) && Of(text).EndsWith(";_ses.kernel-tests", StringComparison.Ordinal), Of(text));
        Check.Ok(Sys.KeyctlSetPerm(key, 0x3f1b0000));
        Check.Value(Sys.KeyctlDescribe(Native.KEY_SPEC_SESSION_KEYRING, text));
        Check.Equal("keyring;0;0;3f1b0000;_ses.kernel-tests", Of(text));
        var anonymous = Check.Value(Sys.KeyctlJoin(default));
        Check.True(anonymous != key);
        Check.Value(Sys.KeyctlDescribe(anonymous, text));
        Check.Contains(";_ses", Of(text));
    }

    private static void Limits()
    {
        const int openFiles = 7;
        var child = Check.Value(Sys.Clone(0, out var pidFd));
        if (child == 0)
        {
            Sys.Nanosleep(60_000_000_000);
            Sys.Exit(0);
        }
        Check.Ok(Sys.PrLimit(child, openFiles, 100, 200));
        Check.Ok(Sys.GetRlimit(child, openFiles, out var soft, out var hard));
        Check.Equal((100ul, 200ul), (soft, hard));
        Check.Contains("100                  200                  files", Scratch.ReadFile($"/proc/{child}/limits"));
        Check.Ok(Sys.GetRlimit(openFiles, out soft, out hard));
        Check.True(hard != 200, "our own limit changed");
        Check.Fails(Errno.EINVAL, Sys.PrLimit(child, openFiles, 2, 1));
        Check.Fails(Errno.EINVAL, Sys.PrLimit(child, 99, 1, 1));
        Check.Fails(Errno.ESRCH, Sys.PrLimit(int.MaxValue, openFiles, 1, 1));
        Check.Ok(Sys.PidfdSendSignal(pidFd, Native.SIGKILL));
    }

    private static void Names()
    {
        var before = Sys.Umask(0x3F);
        Check.Equal(0x3Fu, Sys.Umask(before));
        Check.Ok(Sys.SetHostName("the-host"u8));
        Check.Equal("the-host\n", Scratch.ReadFile("/proc/sys/kernel/hostname"));
        Check.Ok(Sys.SetHostName("shorter-than-all"u8[..7]));
        Check.Equal("shorter\n", Scratch.ReadFile("/proc/sys/kernel/hostname"));
        Check.Ok(Sys.SetDomainName("the.domain"u8));
        Check.Equal("the.domain\n", Scratch.ReadFile("/proc/sys/kernel/domainname"));
        Check.Fails(Errno.EINVAL, Sys.SetHostName(Z(new string('h', 65))));
        Span<byte> release = stackalloc byte[128];
        var length = Sys.UnameRelease(release);
        Check.Equal(Scratch.ReadFile("/proc/sys/kernel/osrelease").TrimEnd(), Of(release[..length]));
        Check.Equal(0, Sys.UnameRelease(release[..2]));
    }
}
