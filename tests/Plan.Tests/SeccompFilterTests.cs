using Xunit;

namespace SharpRun.Planning.Tests;

public sealed class SeccompFilterTests
{
    private static SeccompFilter Filter(string properties, int instructions = 3) =>
        SeccompFilter.Of(Bundle.ReadWith("linux.seccomp", $"{{\"defaultAction\":\"SCMP_ACT_ERRNO\"{properties}}}").Linux.Seccomp!, new ulong[instructions]);

    [Theory]
    [InlineData("", SeccompFlags.SpecAllow)]
    [InlineData(",\"flags\":null", SeccompFlags.SpecAllow)]
    [InlineData(",\"flags\":[]", SeccompFlags.None)]
    [InlineData(",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_LOG\"]", SeccompFlags.Log)]
    [InlineData(",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]", SeccompFlags.None)]
    [InlineData(",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}]", SeccompFlags.SpecAllow | SeccompFlags.NewListener)]
    [InlineData(",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}]",
        SeccompFlags.WaitKillableRecv | SeccompFlags.NewListener)]
    public void Flags_are_those_that_the_kernel_takes(string properties, SeccompFlags flags) => Assert.Equal(flags, Filter(properties).Flags);

    [Fact]
    public void A_program_that_is_too_long_for_the_kernel_is_refused()
    {
        Filter("", 4096);
        Assert.Equal("config.json: linux.seccomp: the filter has 4097 instructions, the kernel takes 4096",
            Assert.Throws<SpecError>(() => Filter("", 4097)).Message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"defaultAction\":\"\",\"syscalls\":[]}")]
    [InlineData("{\"architectures\":[\"SCMP_ARCH_X86\"]}")]
    public void A_profile_without_action_and_calls_is_none(string profile) => Assert.Null(Bundle.ReadWith("linux.seccomp", profile).Linux.Seccomp);
}
