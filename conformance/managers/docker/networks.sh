# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the $ are for the container's shell; call and run set output, words and status
# Networks: docker's prestart hook puts the interfaces into the container.

# checklist: 9
networks_bridge() {
    run test sh -c 'ip -4 addr show eth0 | grep -o "inet [0-9.]*"; ip route | grep -c "^default via"; cat /sys/class/net/lo/operstate'
    has "the default network: an address" "inet 172." "$output"
    has "and a way out" $'\n1\n' "$output"
    run test sh -c 'ping -c 1 -W 5 $(ip route | sed -n "s/^default via \([^ ]*\).*/\1/p") | grep -o "1 packets received"'
    is "the gateway answers" "1 packets received" "$output"
    run -u guest --hostname box test sh -c 'grep -c box /etc/hosts; cat /etc/hostname'
    is "/etc/hosts and /etc/hostname" $'1\nbox' "$output"
    run --add-host other:192.0.2.7 --dns 192.0.2.8 test sh -c 'grep other /etc/hosts; cat /etc/resolv.conf'
    is "--add-host and --dns" $'192.0.2.7\tother\nnameserver 192.0.2.8' "$output"
}

networks_others() {
    run --network none test sh -c 'ls /sys/class/net | grep -v tunl0 | paste -sd" "; ip link show lo | grep -c UP'
    is "--network none" $'lo\n1' "$output"
    run --network host test readlink /proc/self/ns/net
    is "--network host" "$(readlink /proc/self/ns/net)" "$output"
    start --name first test sleep 600
    run --network container:first test readlink /proc/self/ns/net
    is "--network container:NAME" "$(docker exec first readlink /proc/self/ns/net)" "$output"
    call network create own
    call network connect own first
    call exec first ip -4 addr show eth1
    has "connect while it runs" "inet 172." "$output"
    call network disconnect own first
    call exec first ip addr show eth1
    if [[ $status != 0 ]]; then ok "disconnect"; else not_ok "disconnect"; fi
    remove first
}

networks_names_and_ports() {
    start --name server --network own -p 127.0.0.1:8080:80 test httpd -f -p 80 -h /srv
    is "port" "127.0.0.1:8080" "$(docker port server 80 | head -n 1)"
    if until_true eval '[[ $(curl -s --max-time 5 http://127.0.0.1:8080/added) == "of layer two" ]]'; then ok "a port of this machine"
    else not_ok "a port of this machine"; fi
    run --network own test wget -q -O - http://server/added
    is "a neighbour, by its name" "of layer two" "$output"
    remove server
    run --network own --network-alias me test sh -c 'ping -c 1 -W 5 me >/dev/null && echo found'
    is "--network-alias" found "$output"
    call network rm own
    is "network rm" 0 "$status"
    until_true eval '! curl -s --max-time 1 http://127.0.0.1:8080 >/dev/null'
    call run --rm -p 127.0.0.1:8080:80 test echo free
    is "the port is free again" free "$output"
}

networks_bridge
networks_others
networks_names_and_ports
