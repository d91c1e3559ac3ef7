/*
 * The floor of a network plugin: what rtnetlink must be asked for so that a namespace has an interface on a bridge, and nothing else.
 * Hard-coded: no configuration, no lease, no check, no result. A plugin cannot be quicker without leaving something out.
 *
 *   net-floor add NETNS BRIDGE VETH ADDRESS GATEWAY   eth0 in the namespace, its other end VETH a port of BRIDGE; ADDRESS is of a /16
 *   net-floor del VETH
 *
 * Five requests, each acknowledged: the pair (with the bridge as master, up), eth0's index, up, address, default route.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct
{
    struct nlmsghdr header;
    char body[1024];
} request;
static char answer[8192];

static int check(long result, const char *what)
{
    if (result < 0)
    {
        fprintf(stderr, "net-floor: %s: %s\n", what, strerror(errno));
        _exit(1);
    }
    return (int)result;
}

static void *begin(int type, int flags, const void *body, size_t size)
{
    memset(&request, 0, sizeof request);
    request.header = (struct nlmsghdr){NLMSG_LENGTH(size), type, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0};
    memcpy(request.body, body, size);
    return request.body;
}

static struct rtattr *put(int type, const void *value, size_t size)
{
    struct rtattr *attribute = (struct rtattr *)((char *)&request + NLMSG_ALIGN(request.header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(size);
    if (size)
        memcpy(RTA_DATA(attribute), value, size);
    request.header.nlmsg_len = NLMSG_ALIGN(request.header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
    return attribute;
}

static void end(struct rtattr *nest) { nest->rta_len = (char *)&request + request.header.nlmsg_len - (char *)nest; }

static int open_socket(void) { return check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket"); }

/* Returns the index of the link that was asked for, or 0. */
static int ask(int fd, const char *what)
{
    int index = 0;
    check(send(fd, &request, request.header.nlmsg_len, 0), what);
    for (;;)
    {
        ssize_t size = check(recv(fd, answer, sizeof answer, 0), what);
        for (struct nlmsghdr *header = (struct nlmsghdr *)answer; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size))
        {
            if (header->nlmsg_type == RTM_NEWLINK)
                index = ((struct ifinfomsg *)NLMSG_DATA(header))->ifi_index;
            if (header->nlmsg_type != NLMSG_ERROR)
                continue;
            errno = -((struct nlmsgerr *)NLMSG_DATA(header))->error;
            check(errno ? -1 : 0, what);
            return index;
        }
    }
}

static void make_pair(int fd, int netns, int bridge, const char *name)
{
    struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, none = {0};
    begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
    put(IFLA_IFNAME, name, strlen(name) + 1);
    put(IFLA_MASTER, &bridge, sizeof bridge);
    struct rtattr *info = put(IFLA_LINKINFO, NULL, 0);
    put(IFLA_INFO_KIND, "veth", 4);
    struct rtattr *data = put(IFLA_INFO_DATA, NULL, 0);
    struct rtattr *peer = put(VETH_INFO_PEER, &none, sizeof none);
    put(IFLA_IFNAME, "eth0", 5);
    put(IFLA_NET_NS_FD, &netns, sizeof netns);
    end(peer);
    end(data);
    end(info);
    ask(fd, "make the pair");
}

static void configure(int fd, const char *address, const char *gateway)
{
    struct in_addr own, via;
    inet_pton(AF_INET, address, &own);
    inet_pton(AF_INET, gateway, &via);
    struct ifinfomsg link = {0};
    begin(RTM_GETLINK, 0, &link, sizeof link);
    put(IFLA_IFNAME, "eth0", 5);
    int index = ask(fd, "find eth0");
    link = (struct ifinfomsg){.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    begin(RTM_NEWLINK, 0, &link, sizeof link);
    ask(fd, "eth0 up");
    struct ifaddrmsg body = {.ifa_family = AF_INET, .ifa_prefixlen = 16, .ifa_index = index};
    begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    put(IFA_LOCAL, &own, sizeof own);
    put(IFA_ADDRESS, &own, sizeof own);
    ask(fd, "add the address");
    struct rtmsg route = {.rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST};
    begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof route);
    put(RTA_GATEWAY, &via, sizeof via);
    ask(fd, "add the default route");
}

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "add") == 0)
    {
        int netns = check(open(argv[2], O_RDONLY | O_CLOEXEC), argv[2]);
        make_pair(open_socket(), netns, check(if_nametoindex(argv[3]) ?: -1U, argv[3]), argv[4]);
        check(setns(netns, CLONE_NEWNET), "setns");
        configure(open_socket(), argv[5], argv[6]);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "del") == 0)
    {
        struct ifinfomsg none = {0};
        begin(RTM_DELLINK, 0, &none, sizeof none);
        put(IFLA_IFNAME, argv[2], strlen(argv[2]) + 1);
        ask(open_socket(), "delete the pair");
        return 0;
    }
    fputs("usage: net-floor add NETNS BRIDGE VETH ADDRESS GATEWAY | del VETH\n", stderr);
    return 2;
}
