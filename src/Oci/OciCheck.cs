namespace SharpRun.Oci;

/// <summary>The checks of this room that `make mutants` can leave out, one at a time: what a document, a name or a Dockerfile is refused for. A test must then turn red.</summary>
enum OciCheck
{
    DigestIsWellFormed,
    BlobSizeIsOne,
    MediaTypeIsOne,
    DocumentIsNotSchema1,
    SchemaIsTwo,
    MediaTypesAgree,
    ManifestIsNoIndex,
    RootfsIsLayers,
    LayoutVersionIsKnown,
    ChallengeIsShort,
    ImageNameIsShort,
    TagIsOne,
    HostIsOne,
    StageNameIsNew,
    InstructionsAreFew,
    DockerfileIsSmall,
    DockerfileHasNoZero,
    FlagIsKnown,
    FlagIsGivenOnce,
    CopyHasADestination,
    VariablesAreShallow,
    ExpandedWordIsShort,
    ModifierIsKnown,
    HeredocsAreFew,
    DirectiveIsGivenOnce,
}
