using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

/// <summary>
/// linux.resources.devices as the kernel wants it: a program on cgroup v2, writes to two files on v1. Both mean the same. For each kind of
/// access (m, r, w) that a process asks for, the last rule of the list that names it for this device decides; where no rule does, it is
/// refused. So "a" with nothing else said puts all rules before it out of force.
/// </summary>
public static class DeviceFilter
{
    public const string AllowFile = "devices.allow", DenyFile = "devices.deny", Everything = "a";

    /// <summary>What every container may use, added after its own list. The same as runc's: any node may be made (but not opened);
    /// null, zero, full, random, urandom, tty; ptmx and its terminals; tun, which needs CAP_NET_ADMIN as well.</summary>
    public static readonly DeviceRule[] Defaults =
    [
        new(true, 'c', null, null, DeviceAccess.Mknod),
        new(true, 'b', null, null, DeviceAccess.Mknod),
        new(true, 'c', 1, 3, DeviceAccess.All),
        new(true, 'c', 1, 5, DeviceAccess.All),
        new(true, 'c', 1, 7, DeviceAccess.All),
        new(true, 'c', 1, 8, DeviceAccess.All),
        new(true, 'c', 1, 9, DeviceAccess.All),
        new(true, 'c', 5, 0, DeviceAccess.All),
        new(true, 'c', 5, 2, DeviceAccess.All),
        new(true, 'c', 136, null, DeviceAccess.All),
        new(true, 'c', 10, 200, DeviceAccess.All),
    ];

    // struct bpf_cgroup_dev_ctx of linux/bpf.h, which the program gets in r1:
    //   offset  size  field
    //        0     4  access_type: low half 1 block, 2 char (BPF_DEVCG_DEV_*); high half 1 mknod, 2 read, 4 write (BPF_DEVCG_ACC_*)
    //        4     4  major
    //        8     4  minor
    // The answer in r0: 1 allow, 0 refuse (EPERM).
    const int AccessTypeAt = 0, MajorAt = 4, MinorAt = 8;
    const int Block = 1, Char = 2;

    // Registers: r0 the answer, r1 the context, r2 the type, r3 the kinds of access that no rule has allowed yet, r4 major, r5 minor.
    const int Answer = 0, Context = 1, Type = 2, Pending = 3, Major = 4, Minor = 5;

    // Opcodes of linux/bpf_common.h, 32-bit forms throughout (JMP32 came with 5.1).
    const int LoadWord = 0x61, Move = 0xbc, MoveNumber = 0xb4, And = 0x54, ShiftRight = 0x74;
    const int Jump = 0x05, JumpIfNot = 0x56, JumpIfAny = 0x46, Exit = 0x95;

    /// <summary>The program for BPF_PROG_TYPE_CGROUP_DEVICE. It walks the rules from the last to the first. An allowing rule strikes its
    /// kinds of access off the pending ones, and with none left the answer is yes; a denying one that names a pending kind ends it with no.</summary>
    public static ulong[] Program(IReadOnlyList<DeviceRule> rules)
    {
        var code = new List<ulong>(8 + rules.Count * 7)
        {
            Instruction(LoadWord, Type, Context, AccessTypeAt),
            Instruction(Move, Pending, Type),
            Instruction(ShiftRight, Pending, number: 16),
            Instruction(And, Type, number: 0xFFFF),
            Instruction(LoadWord, Major, Context, MajorAt),
            Instruction(LoadWord, Minor, Context, MinorAt),
        };
        // What later rules have settled for exactly the same devices, so that a list which repeats the defaults costs nothing.
        var settled = new Dictionary<(char, uint?, uint?), DeviceAccess>();
        for (var i = rules.Count - 1; i >= 0; i--)
        {
            var rule = rules[i];
            if (IsReset(rule))
            {
                // The verifier refuses code that nothing can reach, so the rules before this one are left out.
                EmitAnswer(code, rule.Allow);
                return [.. code];
            }
            var key = (rule.Type, rule.Major, rule.Minor);
            settled.TryGetValue(key, out var before);
            if ((rule.Access & ~before) != 0)
            {
                settled[key] = before | rule.Access;
                EmitRule(code, rule);
            }
        }
        EmitAnswer(code, allow: false);
        return [.. code];
    }

    static void EmitRule(List<ulong> code, DeviceRule rule)
    {
        const int bodyLength = 4;
        var conditions = (rule.Type == 'a' ? 0 : 1) + (rule.Major is null ? 0 : 1) + (rule.Minor is null ? 0 : 1);
        // Each condition that does not hold jumps over those after it and over the body.
        int Skip() => --conditions + bodyLength;
        if (rule.Type != 'a')
        {
            code.Add(Instruction(JumpIfNot, Type, offset: Skip(), number: rule.Type == 'b' ? Block : Char));
        }
        if (rule.Major is { } major)
        {
            code.Add(Instruction(JumpIfNot, Major, offset: Skip(), number: (int)major));
        }
        if (rule.Minor is { } minor)
        {
            code.Add(Instruction(JumpIfNot, Minor, offset: Skip(), number: (int)minor));
        }
        if (rule.Allow)
        {
            code.Add(Instruction(And, Pending, number: ~(int)rule.Access));
            code.Add(Instruction(JumpIfNot, Pending, offset: 2, number: 0));
        }
        else
        {
            code.Add(Instruction(JumpIfAny, Pending, offset: 1, number: (int)rule.Access));
            code.Add(Instruction(Jump, 0, offset: 2));
        }
        EmitAnswer(code, rule.Allow);
    }

    static void EmitAnswer(List<ulong> code, bool allow)
    {
        code.Add(Instruction(MoveNumber, Answer, number: allow ? 1 : 0));
        code.Add(Instruction(Exit, 0));
    }

    // struct bpf_insn, little-endian: 8 bits opcode, 4 destination, 4 source, 16 offset, 32 number.
    static ulong Instruction(int opcode, int target, int source = 0, int offset = 0, int number = 0) =>
        (uint)opcode | ((uint)target << 8) | ((uint)source << 12) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)number << 32);

    static bool IsReset(DeviceRule rule) => rule is { Type: 'a', Major: null, Minor: null, Access: DeviceAccess.All };

    /// <summary>One line for devices.allow or devices.deny of v1.</summary>
    public readonly record struct Line(string File, string Value, string JsonPath);

    sealed record Exception(char Type, uint? Major, uint? Minor, int Rule)
    {
        public DeviceAccess Access { get; set; }

        public string Text => $"{Type} {Number(Major)}:{Number(Minor)} {Letters(Access)}";
    }

    /// <summary>
    /// The same list for v1, which knows one default ("a" to either file) and a set of exceptions from it. The set is worked out here, since
    /// the kernel silently does nothing when a rule would take back a part of an exception; that list is refused instead, as runc does.
    /// The first <paramref name="listed"/> rules are those of config.json. (One thing v1 cannot say: an open for reading and writing needs one
    /// exception that has both letters, where the program of v2 takes them from two.)
    /// </summary>
    public static List<Line> Writes(IReadOnlyList<DeviceRule> rules, int listed)
    {
        var first = 0;
        var allowByDefault = false;
        for (var i = 0; i < rules.Count; i++)
        {
            if (IsReset(rules[i]))
            {
                first = i + 1;
                allowByDefault = rules[i].Allow;
            }
        }
        var exceptions = new List<Exception>(rules.Count);
        for (var i = first; i < rules.Count; i++)
        {
            if (rules[i].Type == 'a')
            {
                // "a" is everything in these files whatever else the line says, so a narrower rule for both types is written as two.
                Apply(exceptions, rules[i] with { Type = 'b' }, i, allowByDefault, listed);
                Apply(exceptions, rules[i] with { Type = 'c' }, i, allowByDefault, listed);
            }
            else
            {
                Apply(exceptions, rules[i], i, allowByDefault, listed);
            }
        }
        var lines = new List<Line>(exceptions.Count + 1)
        {
            new(allowByDefault ? AllowFile : DenyFile, Everything, JsonPath(first - 1, listed)),
        };
        foreach (var exception in exceptions)
        {
            if (exception.Access != DeviceAccess.None)
            {
                lines.Add(new(allowByDefault ? DenyFile : AllowFile, exception.Text, JsonPath(exception.Rule, listed)));
            }
        }
        return lines;
    }

    static void Apply(List<Exception> exceptions, DeviceRule rule, int index, bool allowByDefault, int listed)
    {
        if (rule.Allow != allowByDefault)
        {
            Add(exceptions, rule, index);
            return;
        }
        foreach (var exception in exceptions)
        {
            if (exception.Type != rule.Type || (exception.Access & rule.Access) == 0
                || !Overlap(exception.Major, rule.Major) || !Overlap(exception.Minor, rule.Minor))
            {
                continue;
            }
            if (!Covers(rule.Major, exception.Major) || !Covers(rule.Minor, exception.Minor))
            {
                throw new SpecError(JsonPath(exception.Rule, listed),
                    $"cgroup v1 cannot except {rule.Type} {Number(rule.Major)}:{Number(rule.Minor)} from \"{exception.Text}\" again");
            }
            exception.Access &= ~rule.Access;
        }
    }

    static void Add(List<Exception> exceptions, DeviceRule rule, int index)
    {
        foreach (var exception in exceptions)
        {
            if (exception.Type == rule.Type && exception.Major == rule.Major && exception.Minor == rule.Minor)
            {
                exception.Access |= rule.Access;
                return;
            }
        }
        exceptions.Add(new Exception(rule.Type, rule.Major, rule.Minor, index) { Access = rule.Access });
    }

    static bool Overlap(uint? one, uint? other) => one is null || other is null || one == other;

    static bool Covers(uint? wide, uint? narrow) => wide is null || wide == narrow;

    static string Number(uint? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "*";

    static string Letters(DeviceAccess access) =>
        (access.HasFlag(DeviceAccess.Read) ? "r" : "") + (access.HasFlag(DeviceAccess.Write) ? "w" : "") + (access.HasFlag(DeviceAccess.Mknod) ? "m" : "");

    static string JsonPath(int rule, int listed) => rule >= 0 && rule < listed ? $"linux.resources.devices[{rule}]" : "linux.resources.devices";
}
