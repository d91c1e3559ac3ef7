using System;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.Sealed;
using SharpRun.Systemd;

namespace SharpRun;

/// <summary>What a program is told about an error, beside the sentence for people: the `code` of a JSON log line. A code's text never changes
/// (spec/errors.md lists them all, and a test compares).</summary>
enum ErrorCode
{
    UsageInvalid, UsageUnsupported,
    ConfigInvalid, ConfigUnsupported,
    BundleMissing,
    ProgramNotFound, ProgramNotExecutable,
    StepFailed, HookFailed, InitDied, OutOfMemory,
    ContainerExists, ContainerNotFound, ContainerNotRunning, ContainerNotCreated, ContainerNotStopped, ContainerDamaged, ContainerBusy,
    ContainerNotPaused,
    CgroupInUse, CgroupMissing, SystemdFailed,
    FileExists,
    SystemCallFailed,
    Internal,
}

static class ErrorCodes
{
    public static string Text(this ErrorCode code) => code switch
    {
        ErrorCode.UsageInvalid => "usage-invalid",
        ErrorCode.UsageUnsupported => "usage-unsupported",
        ErrorCode.ConfigInvalid => "config-invalid",
        ErrorCode.ConfigUnsupported => "config-unsupported",
        ErrorCode.BundleMissing => "bundle-missing",
        ErrorCode.ProgramNotFound => "program-not-found",
        ErrorCode.ProgramNotExecutable => "program-not-executable",
        ErrorCode.StepFailed => "step-failed",
        ErrorCode.HookFailed => "hook-failed",
        ErrorCode.InitDied => "init-died",
        ErrorCode.OutOfMemory => "out-of-memory",
        ErrorCode.ContainerExists => "container-exists",
        ErrorCode.ContainerNotFound => "container-not-found",
        ErrorCode.ContainerNotRunning => "container-not-running",
        ErrorCode.ContainerNotCreated => "container-not-created",
        ErrorCode.ContainerNotStopped => "container-not-stopped",
        ErrorCode.ContainerDamaged => "container-damaged",
        ErrorCode.ContainerBusy => "container-busy",
        ErrorCode.ContainerNotPaused => "container-not-paused",
        ErrorCode.CgroupInUse => "cgroup-in-use",
        ErrorCode.CgroupMissing => "cgroup-missing",
        ErrorCode.SystemdFailed => "systemd-failed",
        ErrorCode.FileExists => "file-exists",
        ErrorCode.SystemCallFailed => "system-call-failed",
        _ => "internal",
    };

    public static ErrorCode Of(Exception error) => error switch
    {
        UsageError usage => usage.IsUnsupported ? ErrorCode.UsageUnsupported : ErrorCode.UsageInvalid,
        DocumentError document => document.Code,
        StateError state => state.Code,
        StepError step => step.Code,
        BundleError => ErrorCode.BundleMissing,
        SpecError spec => spec.IsUnsupported ? ErrorCode.ConfigUnsupported : ErrorCode.ConfigInvalid,
        HookError => ErrorCode.HookFailed,
        SystemdError => ErrorCode.SystemdFailed,
        ErrnoException or SealError => ErrorCode.SystemCallFailed,
        _ => ErrorCode.Internal,
    };

    /// <summary>The errno that goes with the error; OK when the kernel had no part in it.</summary>
    public static Errno ErrnoOf(Exception error) => error switch
    {
        StepError step => step.Error,
        HookError hook => hook.Error,
        BundleError bundle => bundle.Error,
        ErrnoException refused => refused.Error,
        _ => Errno.OK,
    };

    /// <summary>One of ours: its message is a sentence. Anything else is a bug.</summary>
    public static bool IsExpected(Exception error) => Of(error) != ErrorCode.Internal;

    /// <summary>What a step's failure means: docker and podman make of a missing program 127, and of one that cannot be executed 126.</summary>
    public static ErrorCode Of(Step step, Errno error) => step switch
    {
        FindExecutable or Exec => OfProgram(error),
        _ => ErrorCode.StepFailed,
    };

    /// <summary>ENOENT of execve is the interpreter's; "not found in $PATH" has no errno.</summary>
    public static ErrorCode OfProgram(Errno error) => error is Errno.OK or Errno.ENOENT or Errno.ENOTDIR
        ? ErrorCode.ProgramNotFound
        : ErrorCode.ProgramNotExecutable;
}
