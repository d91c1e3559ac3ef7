using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>The program of v2 and the lines of v1 against the meaning of the list: for each kind of access the last rule that names it decides.</summary>
public sealed class DeviceFilterTests
{
    const DeviceAccess R = DeviceAccess.Read, W = DeviceAccess.Write, M = DeviceAccess.Mknod, All = DeviceAccess.All;

    static readonly DeviceRule s_denyAll = new(false, 'a', null, null, All), s_allowAll = s_denyAll with { Allow = true };

    static readonly (char Type, uint Major, uint Minor)[] s_devices =
        [.. from type in "bc" from major in new uint[] { 1, 5, 10 } from minor in new uint[] { 0, 3, 9 } select (type, major, minor)];

    [Theory]
    [InlineData('c', 1, 3, R | W | M, true)]   // null
    [InlineData('c', 1, 2, R, false)]          // kmem
    [InlineData('c', 1, 2, M, true)]           // any node may be made,
    [InlineData('c', 1, 2, R | M, false)]      // but not used
    [InlineData('c', 1, 3, DeviceAccess.None, true)] // access(2) with F_OK
    [InlineData('b', 8, 0, M, true)]
    [InlineData('b', 8, 0, R, false)]
    [InlineData('b', 1, 3, R, false)]          // the ramdisk, not null
    [InlineData('c', 136, 77, R | W, true)]    // a terminal
    [InlineData('c', 5, 1, W, false)]          // the console
    public void The_default_devices(char type, uint major, uint minor, DeviceAccess access, bool allowed)
    {
        Assert.Equal(allowed, Run(DeviceFilter.Program([s_denyAll, .. DeviceFilter.Defaults]), type, major, minor, access));
        Assert.Equal(allowed, Run(DeviceFilter.Program(DeviceFilter.Defaults), type, major, minor, access));
    }

    [Fact]
    public void A_denied_kind_of_access_denies_an_open_for_more()
    {
        var program = DeviceFilter.Program([s_allowAll, new(false, 'c', 1, 3, W)]);
        Assert.True(Run(program, 'c', 1, 3, R));
        Assert.False(Run(program, 'c', 1, 3, R | W));
        Assert.True(Run(program, 'c', 1, 4, R | W));
    }

    [Fact]
    public void What_a_later_rule_repeats_or_resets_costs_no_instruction()
    {
        var plain = DeviceFilter.Program(DeviceFilter.Defaults);
        Assert.Equal(plain, DeviceFilter.Program([new(false, 'c', 7, null, R), s_denyAll, new(false, 'c', 1, 3, W), .. DeviceFilter.Defaults]));
        Assert.Equal(DeviceFilter.Program([s_allowAll]), DeviceFilter.Program([.. DeviceFilter.Defaults, s_allowAll]));
    }

    [Fact]
    public void Random_lists_mean_the_same_to_the_program_and_to_the_list()
    {
        var random = new Random(1);
        var (yes, no) = (0, 0);
        for (var i = 0; i < 3_000; i++)
        {
            var rules = RandomList(random);
            var program = DeviceFilter.Program(rules);
            AssertEveryInstructionIsReached(program);
            foreach (var (type, major, minor) in s_devices)
            {
                for (var access = 1; access <= 7; access++)
                {
                    var expected = Means(rules, type, major, minor, (DeviceAccess)access);
                    Assert.True(expected == Run(program, type, major, minor, (DeviceAccess)access),
                        $"{type} {major}:{minor} {(DeviceAccess)access}: {expected} expected for\n{string.Join('\n', rules)}");
                    _ = expected ? yes++ : no++;
                }
            }
        }
        Assert.InRange((double)yes / (yes + no), 0.2, 0.8);
    }

    [Fact]
    public void Random_lists_mean_the_same_to_v1_or_are_refused()
    {
        var random = new Random(2);
        var (written, refused) = (0, 0);
        for (var i = 0; i < 3_000; i++)
        {
            var rules = RandomList(random);
            List<DeviceFilter.Line> lines;
            try
            {
                lines = DeviceFilter.Writes(rules, rules.Length);
                written++;
            }
            catch (SpecError)
            {
                refused++;
                continue;
            }
            foreach (var (type, major, minor) in s_devices)
            {
                foreach (var access in new[] { R, W, M })
                {
                    Assert.True(Means(rules, type, major, minor, access) == V1Allows(lines, type, major, minor, access),
                        $"{type} {major}:{minor} {access} in\n{string.Join('\n', lines)}\nfor\n{string.Join('\n', rules)}");
                }
            }
        }
        Assert.True(written > 500 && refused > 200, $"{written} written, {refused} refused");
    }

    [Fact]
    public void The_lines_of_v1_for_dockers_list()
    {
        DeviceRule[] list = [s_denyAll, new(true, 'c', 1, 5, All), new(true, 'c', 5, 1, All), new(false, 'c', 10, 229, All)];
        var lines = DeviceFilter.Writes([.. list, .. DeviceFilter.Defaults], list.Length);
        Assert.Equal(new DeviceFilter.Line("devices.deny", "a", "linux.resources.devices[0]"), lines[0]);
        Assert.Equal(new DeviceFilter.Line("devices.allow", "c 1:5 rwm", "linux.resources.devices[1]"), lines[1]);
        Assert.Equal(new DeviceFilter.Line("devices.allow", "c *:* m", "linux.resources.devices"), lines[3]);
        Assert.Single(lines, line => line.Value == "c 1:5 rwm");
        Assert.Single(lines, line => line.Value == "c 136:* rwm");
        Assert.DoesNotContain(lines, line => line.Value.Contains("10:229", StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_is_one_line_on_v1() =>
        Assert.Equal([new("devices.allow", "a", "linux.resources.devices[0]")], DeviceFilter.Writes([s_allowAll, .. DeviceFilter.Defaults], 1));

    [Fact]
    public void What_v1_would_silently_not_do_is_refused_by_the_rule_in_the_way()
    {
        var error = Assert.Throws<SpecError>(() => DeviceFilter.Writes([s_denyAll, new(true, 'c', null, null, All), new(false, 'c', 10, 229, R)], 3));
        Assert.Equal("linux.resources.devices[1]", error.Path);
    }

    static bool Means(IReadOnlyList<DeviceRule> rules, char type, uint major, uint minor, DeviceAccess access) =>
        new[] { R, W, M }.Where(kind => access.HasFlag(kind)).All(kind => rules.LastOrDefault(rule =>
            (rule.Type == 'a' || rule.Type == type) && (rule.Major ?? major) == major && (rule.Minor ?? minor) == minor
            && rule.Access.HasFlag(kind)) is { Allow: true });

    // security/device_cgroup.c, for one kind of access: a default, and exceptions from it.
    static bool V1Allows(List<DeviceFilter.Line> lines, char type, uint major, uint minor, DeviceAccess access)
    {
        Assert.Equal("a", lines[0].Value);
        var allowed = lines[0].File == "devices.allow";
        foreach (var line in lines.Skip(1))
        {
            Assert.Equal(allowed ? "devices.deny" : "devices.allow", line.File);
            var words = line.Value.Split(' ', ':');
            var letter = "?mr?w"[(int)access];
            if (words[0][0] == type && Matches(words[1], major) && Matches(words[2], minor) && words[3].Contains(letter, StringComparison.Ordinal))
            {
                return !allowed;
            }
        }
        return allowed;

        static bool Matches(string word, uint number) => word == "*" || word == number.ToString(CultureInfo.InvariantCulture);
    }

    static DeviceRule[] RandomList(Random random)
    {
        var rules = new DeviceRule[random.Next(0, 9)];
        for (var i = 0; i < rules.Length; i++)
        {
            rules[i] = random.Next(7) == 0
                ? random.Next(2) == 0 ? s_denyAll : s_allowAll
                : new DeviceRule(random.Next(5) > 1, "abcc"[random.Next(4)], Number([1, 5]), Number([0, 3]), (DeviceAccess)random.Next(1, 8));
        }
        return rules;

        uint? Number(uint[] numbers) => random.Next(3) == 0 ? null : numbers[random.Next(numbers.Length)];
    }

    // The instructions of linux/bpf_common.h that the program uses, as the kernel runs them.
    static bool Run(ulong[] program, char type, uint major, uint minor, DeviceAccess access)
    {
        uint[] context = [((uint)access << 16) | (type == 'b' ? 1u : 2u), major, minor];
        var registers = new uint?[11];
        for (var at = 0; ; at++)
        {
            var (opcode, target, source, offset, number) = Decode(program[at]);
            uint Value() => registers[target]!.Value;
            switch (opcode)
            {
                case 0x61: Assert.Equal(1, source); registers[target] = context[offset / 4]; break;
                case 0xbc: registers[target] = registers[source]!.Value; break;
                case 0xb4: registers[target] = (uint)number; break;
                case 0x54: registers[target] = Value() & (uint)number; break;
                case 0x74: registers[target] = Value() >> number; break;
                case 0x05: at += offset; break;
                case 0x56: at += Value() != (uint)number ? offset : 0; break;
                case 0x46: at += (Value() & (uint)number) != 0 ? offset : 0; break;
                case 0x95: return registers[0]!.Value == 1;
                default: Assert.Fail($"opcode {opcode:x}"); break;
            }
        }
    }

    // The verifier refuses a jump backwards or out of the program, and code that no path reaches.
    static void AssertEveryInstructionIsReached(ulong[] program)
    {
        var reached = new bool[program.Length];
        reached[0] = true;
        for (var at = 0; at < program.Length; at++)
        {
            Assert.True(reached[at], $"instruction {at} is never reached");
            var (opcode, _, _, offset, _) = Decode(program[at]);
            if (opcode is not (0x05 or 0x95))
            {
                reached[at + 1] = true;
            }
            if (opcode is 0x05 or 0x56 or 0x46)
            {
                Assert.True(offset >= 0);
                reached[at + 1 + offset] = true;
            }
        }
    }

    static (int Opcode, int Target, int Source, short Offset, int Number) Decode(ulong word) =>
        ((int)(word & 0xFF), (int)(word >> 8 & 0xF), (int)(word >> 12 & 0xF), (short)(word >> 16), (int)(word >> 32));
}
