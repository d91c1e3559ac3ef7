using System;
using SharpRun.CommandLine;

namespace SharpRun.Net.Plugin;

/// <summary>The program as a CNI plugin: verb and names in the environment, the configuration on stdin, the result or an error as JSON on stdout.</summary>
static class CniPlugin
{
    public static bool IsCalled() => Environment.GetEnvironmentVariable("CNI_COMMAND") is not null;

    public static int Run() => throw new UsageError("the CNI plugin is not there yet", isUnsupported: true);
}
