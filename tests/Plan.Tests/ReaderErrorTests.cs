using System.Linq;
using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

public sealed class ReaderErrorTests
{
    // Path, a wrong value, and the sentence.
    public static TheoryData<string, string, string> WrongCommon =>
    [
        ("ociVersion", "1", "a string is expected, found a number"),
        ("ociVersion", "\"2.0.0\"", "version \"2.0.0\" is not known (1.x.y is)"),
        ("ociVersion", "\"1.0\"", "version \"1.0\" is not known (1.x.y is)"),
        ("ociVersion", "\"1.0.0-\"", "version \"1.0.0-\" is not known (1.x.y is)"),
        ("ociVersion", "\"1.0.0-a b\"", "version \"1.0.0-a b\" is not known (1.x.y is)"),
        ("ociVersion", "\"1..0\"", "version \"1..0\" is not known (1.x.y is)"),
        ("ociVersion", "\"1.0.x\"", "version \"1.0.x\" is not known (1.x.y is)"),
        ("ociVersion", "\"v1.0.0\"", "version \"v1.0.0\" is not known (1.x.y is)"),
        ("root", "\"rootfs\"", "an object is expected, found a string"),
        ("root.path", "[]", "a string is expected, found an array"),
        ("root.readonly", "\"yes\"", "true or false is expected, found a string"),
        ("hostname", "false", "a string is expected, found false"),
        ("mounts", "{}", "an array is expected, found an object"),
        ("mounts", "[[]]", "[0]: an object is expected, found an array"),
        ("mounts[0].options", "[\"ro\", false]", "[1]: a string is expected, found false"),
        ("mounts[0].destination", "7", "a string is expected, found a number"),
        ("annotations", "[]", "an object is expected, found an array"),
        ("annotations", "{\"a\":1}", ".a: a string is expected, found a number"),
        ("hooks", "[]", "an object is expected, found an array"),
        ("hooks.prestart", "{}", "an array is expected, found an object"),
        ("hooks.createRuntime", "[null]", "[0]: an object is expected, found null"),
        ("hooks.createContainer", "[{\"args\":[\"x\"]}]", "[0].path: the property is missing"),
        ("hooks.createContainer", "[{\"path\":\"\"}]", "[0].path: the property is missing"),
        ("hooks.startContainer", "[{\"path\":[\"/x\"]}]", "[0].path: a string is expected, found an array"),
        ("hooks.poststart", "[{\"path\":\"/x\",\"args\":\"x\"}]", "[0].args: an array is expected, found a string"),
        ("hooks.poststop", "[{\"path\":\"/x\",\"env\":[1]}]", "[0].env[0]: a string is expected, found a number"),
        ("hooks.poststop", "[{\"path\":\"/x\",\"timeout\":1.5}]",
            "[0].timeout: a whole number from -2147483648 to 2147483647 is expected, found 1.5"),
        ("hooks.poststop", "[{\"path\":\"/x\",\"Path\":\"/y\"}]", "[0]: \"Path\" is not the property \"path\": letter case matters"),
    ];

    public static TheoryData<string, string, string> WrongProcess =>
    [
        ("process", "[]", "an object is expected, found an array"),
        ("process.args", "\"sh\"", "an array is expected, found a string"),
        ("process.args", "[\"a\", 1]", "[1]: a string is expected, found a number"),
        ("process.args", "[null]", "[0]: a string is expected, found null"),
        ("process.env", "{}", "an array is expected, found an object"),
        ("process.cwd", "true", "a string is expected, found true"),
        ("process.user", "\"root\"", "an object is expected, found a string"),
        ("process.user.uid", "\"0\"", "a number is expected, found a string"),
        ("process.user.uid", "4294967295", "a whole number from 0 to 4294967294 is expected, found 4294967295"),
        ("process.user.uid", "4294967296", "a whole number from 0 to 4294967294 is expected, found 4294967296"),
        ("process.user.uid", "-1", "a whole number from 0 to 4294967294 is expected, found -1"),
        ("process.user.uid", "1.0", "a whole number from 0 to 4294967294 is expected, found 1.0"),
        ("process.user.uid", "1e3", "a whole number from 0 to 4294967294 is expected, found 1e3"),
        ("process.user.gid", "99999999999999999999999", "a whole number from 0 to 4294967294 is expected, found 99999999999999999999999"),
        ("process.user.umask", "512", "a whole number from 0 to 511 is expected, found 512"),
        ("process.user.additionalGids", "[0, -1]", "[1]: a whole number from 0 to 4294967294 is expected, found -1"),
        ("process.user.additionalGids", "[null]", "[0]: a number is expected, found null"),
        ("process.capabilities", "[]", "an object is expected, found an array"),
        ("process.capabilities", "{\"bounding\":\"CAP_KILL\"}", ".bounding: an array is expected, found a string"),
        ("process.rlimits", "[{\"type\":\"RLIMIT_FOO\",\"soft\":1,\"hard\":1}]", "[0].type: unknown resource limit \"RLIMIT_FOO\""),
        ("process.rlimits", "[{\"soft\":1,\"hard\":1}]", "[0].type: the property is missing"),
        ("process.rlimits", "[{\"type\":\"RLIMIT_CPU\",\"hard\":1}]", "[0].soft: the property is missing"),
        ("process.rlimits", "[{\"type\":\"RLIMIT_CPU\",\"soft\":-1,\"hard\":1}]",
            "[0].soft: a whole number from 0 to 18446744073709551615 is expected, found -1"),
        ("process.rlimits", "[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]",
            "[1]: RLIMIT_CPU is given twice"),
        ("process.rlimits", "[null]", "[0]: an object is expected, found null"),
        ("process.noNewPrivileges", "1", "true or false is expected, found a number"),
        ("process.noNewPrivileges", "\"true\"", "true or false is expected, found a string"),
        ("process.terminal", "1", "true or false is expected, found a number"),
        ("process.consoleSize", "80", "an object is expected, found a number"),
        ("process.consoleSize", "{\"height\":-1}", ".height: a whole number from 0 to 4294967295 is expected, found -1"),
        ("process.oomScoreAdj", "3000000000", "a whole number from -2147483648 to 2147483647 is expected, found 3000000000"),
    ];

    public static TheoryData<string, string, string> WrongLinux =>
    [
        ("linux", "\"x\"", "an object is expected, found a string"),
        ("linux.namespaces", "\"pid\"", "an array is expected, found a string"),
        ("linux.namespaces", "[\"pid\"]", "[0]: an object is expected, found a string"),
        ("linux.namespaces", "[{}]", "[0].type: the property is missing"),
        ("linux.namespaces", "[{\"type\":\"PID\"}]", "[0].type: \"PID\" is not a type of namespace"),
        ("linux.uidMappings", "[{\"containerID\":0,\"hostID\":1}]", "[0].size: the property is missing"),
        ("linux.uidMappings", "[{\"containerID\":0,\"hostID\":1,\"size\":0}]", "[0].size: a whole number from 1 to 4294967295 is expected, found 0"),
        ("linux.gidMappings", "[{\"hostID\":1,\"size\":1}]", "[0].containerID: the property is missing"),
        ("linux.devices", "[{\"type\":\"x\"}]", "[0].type: \"x\" is not a type of device (c, b, u and p are)"),
        ("linux.devices", "[{\"path\":\"/dev/x\"}]", "[0].type: the property is missing"),
        ("linux.devices", "[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":1}]", "[0].minor: the property is missing"),
        ("linux.devices", "[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":4096,\"minor\":0}]",
            "[0].major: a whole number from 0 to 4095 is expected, found 4096"),
        ("linux.resources.devices", "[{\"allow\":true,\"type\":\"c\"}]", "[0].access: the property is missing"),
        ("linux.resources.devices", "[{\"allow\":true,\"access\":\"rx\"}]", "[0].access: \"x\" is not a kind of access (r, w and m are)"),
        ("linux.resources.devices", "[{\"type\":\"p\",\"access\":\"r\"}]", "[0].type: \"p\" is not a type of device rule (a, b and c are)"),
        ("linux.resources.devices", "[{\"type\":\"c\",\"major\":-2,\"access\":\"r\"}]", "[0].major: a whole number from -1 to 4095 is expected, found -2"),
        ("linux.resources.memory", "5", "an object is expected, found a number"),
        ("linux.resources.memory.limit", "\"1G\"", "a number is expected, found a string"),
        ("linux.resources.cpu.shares", "-1", "a whole number from 0 to 18446744073709551615 is expected, found -1"),
        ("linux.resources.cpu.cpus", "0", "a string is expected, found a number"),
        ("linux.resources.pids", "10", "an object is expected, found a number"),
        ("linux.rootfsPropagation", "\"privat\"", "\"privat\" is not a propagation mode"),
        ("linux.sysctl", "[]", "an object is expected, found an array"),
        ("linux.sysctl", "{\"kernel.sem\":1}", ".kernel.sem: a string is expected, found a number"),
        ("linux.sysctl", "{\"\":\"1\"}", "a sysctl has an empty name"),
        ("linux.maskedPaths", "\"/proc\"", "an array is expected, found a string"),
        ("linux.seccomp", "\"off\"", "an object is expected, found a string"),
        ("linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_NONE\"}", ".defaultAction: \"SCMP_ACT_NONE\" is not a seccomp action"),
        ("linux.seccomp", "{\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}", ".defaultAction: the property is missing"),
        ("linux.seccomp", "{\"flags\":[\"SECCOMP_FILTER_FLAG_NEW\"]}", ".flags[0]: \"SECCOMP_FILTER_FLAG_NEW\" is not a seccomp flag"),
        ("linux.seccomp", "{\"architectures\":[\"SCMP_ARCH_VAX\"]}", ".architectures[0]: \"SCMP_ARCH_VAX\" is not a seccomp architecture"),
        ("linux.seccomp", "{\"defaultErrnoRet\":-1}", ".defaultErrnoRet: a whole number from 0 to 4294967295 is expected, found -1"),
        ("linux.seccomp", "{\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}]}", ".syscalls[0].names: the property is missing"),
        ("linux.seccomp", "{\"syscalls\":[{\"names\":[\"a\"]}]}", ".syscalls[0].action: the property is missing"),
        ("linux.seccomp", "{\"syscalls\":[null]}", ".syscalls[0]: an object is expected, found null"),
        ("linux.seccomp", "{\"syscalls\":[{\"args\":[{\"index\":6}]}]}", ".syscalls[0].args[0].index: a whole number from 0 to 5 is expected, found 6"),
        ("linux.seccomp", "{\"syscalls\":[{\"args\":[{\"index\":0,\"value\":1}]}]}", ".syscalls[0].args[0].op: the property is missing"),
        ("linux.seccomp", "{\"syscalls\":[{\"args\":[{\"op\":\"SCMP_CMP_XX\"}]}]}", ".syscalls[0].args[0].op: \"SCMP_CMP_XX\" is not a seccomp operator"),
        ("linux.seccomp", "{\"syscalls\":[{\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_EQ\"}]}]}", ".syscalls[0].args[0].value: the property is missing"),
        ("linux.resources.memory.swappiness", "\"1\"", "a number is expected, found a string"),
    ];

    [Theory]
    [MemberData(nameof(WrongCommon))]
    [MemberData(nameof(WrongProcess))]
    [MemberData(nameof(WrongLinux))]
    public void A_wrong_value_is_an_error_with_its_path(string path, string value, string problem)
    {
        var expected = problem[0] is '[' or '.' ? $"config.json: {path}{problem}" : $"config.json: {path}: {problem}";
        Assert.Equal(expected, Bundle.Fails(Bundle.With(path, value)).Message);
    }

    [Theory]
    [InlineData("ociVersion")]
    [InlineData("root")]
    public void A_missing_property_is_named(string path) =>
        Assert.Equal($"config.json: {path}: the property is missing", Bundle.Fails(Bundle.With(path, null)).Message);

    [Theory]
    [InlineData("""{"root":{"path":"a","readonly":true,"path":"b"}}""", "root: \"path\" is given twice")]
    [InlineData("""{"root":{"path":"a","Path":"b"}}""", "root: \"Path\" is not the property \"path\": letter case matters")]
    [InlineData("""{"ROOT":{"path":"a"}}""", "\"ROOT\" is not the property \"root\": letter case matters")]
    [InlineData("""{"process":null,"process":{}}""", "\"process\" is given twice")]
    [InlineData("""{"hooks":{},"hooks":{}}""", "\"hooks\" is given twice")]
    [InlineData("""{"linux":{"namespaces":[{"type":"pid"},{"type":"pid","TYPE":"uts"}]}}""",
        "linux.namespaces[1]: \"TYPE\" is not the property \"type\": letter case matters")]
    [InlineData("""{"linux":{"seccomp":null,"Seccomp":{"defaultAction":"x"}}}""", "linux: \"Seccomp\" is not the property \"seccomp\": letter case matters")]
    [InlineData("""{"linux":{"seccomp":null,"seccomp":{"defaultAction":"x"}}}""", "linux: \"seccomp\" is given twice")]
    [InlineData("""{"linux":{"r\u0065sources":{},"resources":{}}}""", "linux: \"resources\" is given twice")]
    [InlineData("""{"annotations":{"a":"1","\u0061":"2"}}""", "annotations.a: \"a\" is given twice")]
    [InlineData("""{"annotations":{"":"1"}}""", "annotations: an annotation has an empty name")]
    public void Two_names_for_one_property_are_an_error(string json, string problem) => Assert.Equal("config.json: " + problem, Bundle.Fails(json).Message);

    [Theory]
    [InlineData("", "line 1, column 1: the document is empty")]
    [InlineData("{", "line 1, column 2: the document ends too early")]
    [InlineData("{\n  \"root\": {}\n", "line 3, column 1: the document ends too early")]
    [InlineData("{\"root\": {},}", "line 1, column 13: \"}\" is not valid JSON here")]
    [InlineData("{\n  // no\n}", "line 2, column 3: \"/\" is not valid JSON here")]
    [InlineData("{\n\t\"ä\": \"ö\", oops\n}", "line 2, column 12: \"o\" is not valid JSON here")]
    [InlineData("{\"a\": tru }", "line 1, column 10: \" \" is not valid JSON here")]
    [InlineData("{\"a\": 01}", "line 1, column 8: \"1\" is not valid JSON here")]
    [InlineData("{\"a\": \"\t\"}", "line 1, column 8: the character U+0009 is not valid JSON here")]
    [InlineData("{\"a\": \"\\x\"}", "line 1, column 9: \"x\" is not valid JSON here")]
    [InlineData("{\"ociVersion\":\"1.0.0\",\"root\":{}} {}", "line 1, column 34: \"{\" is not valid JSON here")]
    [InlineData("{\"ociVersion\":\"1.0.0\",\"root\":{}}\nx", "line 2, column 1: \"x\" is not valid JSON here")]
    [InlineData("null", "an object is expected, found null")]
    [InlineData("[]", "an object is expected, found an array")]
    [InlineData("\uFEFF{}", "the document starts with a byte order mark; plain UTF-8 is expected")]
    [InlineData("{\n\"ä\": \"a\\u0000\"}", "line 2, column 8: a string has a NUL character, which no path, name or argument can have")]
    [InlineData("{\"ignored\\u0000\": 1}", "line 1, column 10: a string has a NUL character, which no path, name or argument can have")]
    [InlineData("{\"a\": \"\\\\\\u0000\"}", "line 1, column 10: a string has a NUL character, which no path, name or argument can have")]
    [InlineData("{\"hostname\": \"\\ud800\"}", "hostname: the text has half of a surrogate pair")]
    [InlineData("{\"\\udc00\": 1}", "the text has half of a surrogate pair")]
    public void Bad_JSON_is_one_sentence_with_its_place(string json, string problem) => Assert.Equal("config.json: " + problem, Bundle.Fails(json).Message);

    [Fact]
    public void A_raw_zero_byte_is_an_error() =>
        Assert.Equal("config.json: line 1, column 7: the character U+0000 is not valid JSON here", Bundle.Fails("{\"a\":\"\0\"}").Message);

    [Fact]
    public void Invalid_UTF_8_is_an_error_with_its_place()
    {
        byte[] json = [.. "{\n\"ä\": \""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.Equal("config.json: line 2, column 7: the byte is not valid UTF-8", Assert.Throws<SpecError>(() => SpecReader.Read(json, null)).Message);
    }

    [Fact]
    public void Path_and_problem_can_be_asked_for()
    {
        var error = Bundle.Fails(Bundle.With("process.cwd", "1"));
        Assert.Equal(("process.cwd", "a string is expected, found a number"), (error.Path, error.Problem));
        Assert.Equal("config.json: x", new SpecError("", "x").Message);
    }

    [Theory]
    [InlineData("\\u001b[31m\\n\\u2028\\u202e", "\"\\x1b[31m\\n\\u2028\\u202e\" is not a type of namespace")]
    [InlineData("\\u0085", "\"\\u0085\" is not a type of namespace")]
    public void What_a_sentence_quotes_cannot_write_on_the_terminal(string value, string problem) =>
        Assert.Equal(problem, Bundle.Fails($"{{\"linux\":{{\"namespaces\":[{{\"type\":\"{value}\"}}]}}}}").Problem);

    [Fact]
    public void A_sentence_is_not_longer_than_a_thousand_letters()
    {
        var error = Bundle.Fails($"{{\"annotations\":{{\"{new string('n', 5000)}\":1}},\"ociVersion\":\"{new string('x', 5000)}\"}}");
        Assert.InRange(error.Message.Length, 900, 1010);
        Assert.EndsWith("a string is expected, found a number", error.Message, System.StringComparison.Ordinal);
    }
}
