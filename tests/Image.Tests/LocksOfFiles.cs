using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Tests that ask whether a lock of flock(2) is free again. They run alone: a program that another test starts has its descriptors,
/// and so its locks, from fork(2) to execve(2).</summary>
[CollectionDefinition(nameof(LocksOfFiles), DisableParallelization = true)]
public sealed class LocksOfFiles;
