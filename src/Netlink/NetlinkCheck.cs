namespace SharpRun.Netlink;

/// <summary>The checks of this room that `make mutants` can leave out, one at a time: what of the kernel's answers is not believed. A test must then turn red.</summary>
enum NetlinkCheck
{
    LinkHasItsHeader,
    DataAreABridges,
    DataAreAVlans,
    AddressHasItsHeader,
    AddressHasItsLength,
    NothingIsLeftOver,
    MessageHasItsHeader,
    MessageIsWhole,
    NumberIsWhole,
    AttributeHasItsHeader,
    AttributeIsWhole,
    ValueIsTheWritten,
    ListIsInItsOrder,
    WrittenIsThere,
    ListHasNoMore,
    CommentIsWhole,
    AnswerHasItsHeader,
    RouteHasItsHeader,
    RouteIsOfIP,
    RouteIsUnicast,
    DestinationHasItsLength,
    GatewayHasItsLength,
    FlowHasItsHeader,
    FlowHasBothEnds,
    FlowsAddressHasItsLength,
}
