# shellcheck shell=bash
# list: what a person and a monitor read.

test_list_is_a_table_with_a_row_for_each_container() {
    sleeper
    must list
    expect_match "header" "${OUT%%$'\n'*}" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
    expect_match "row" "${OUT#*$'\n'}" "^$ID +$PID +running +$BUNDLE +20[0-9T:.-]+Z +root *$"
    end_container
}

test_list_quiet_prints_the_ids_alone() {
    NAME=b bundle . sleep 1000
    create
    local other=$ID
    NAME=a bundle . sleep 1000
    create
    must list -q
    expect_equal "ids" "$OUT" "$ID"$'\n'"$other"
    must list --quiet
    expect_equal "ids" "$OUT" "$ID"$'\n'"$other"
    must delete --force "$other"
    end_container
}

test_list_json_is_one_array_on_one_line() {
    sleeper
    must list --format json
    expect_equal "lines" "$(wc -l <<<"$OUT")" 1
    expect_equal "facts" "$(jq -r '.[0] | "\(.id) \(.pid) \(.status) \(.bundle) \(.owner)"' <<<"$OUT")" \
        "$ID $PID running $BUNDLE root"
    end_container
}

test_list_of_nothing_is_an_empty_list() {
    must list -q
    expect_equal "ids" "$OUT" ''
    must list --format json
    expect_match "json" "$(jq -c . <<<"$OUT")" '^(null|\[\])$'
}

test_list_refuses_another_format() {
    refused 'invalid format' list --format yaml
}

test_list_shows_the_others_beside_a_broken_entry() {
    sleeper
    mkdir "$ROOT/broken"
    must list -q
    expect_match "ids" "$OUT" "(^|"$'\n'")$ID($|"$'\n'")"
    must delete --force broken
    end_container
}

test_list_shows_the_others_beside_a_corrupt_record() {
    sleeper
    local good=$ID text
    for text in '' '{' '{"id":' 'null' '[]' '{"version":1,"id":"x","pid":"one"}'; do
        mkdir -p "$ROOT/corrupt"
        printf %s "$text" >"$ROOT/corrupt/state.json"
        must list
        expect_match "table" "$OUT" $'\n'"$good "
        expect_equal "rows beside '$text'" "$(wc -l <<<"$OUT")" 2
        expect_match "message about '$text'" "$ERR" 'corrupt'
        must list --format json
        expect_equal "json beside '$text'" "$(jq -r 'map(.id) | join(" ")' <<<"$OUT")" "$good"
        must list -q
        expect_match "ids beside '$text'" "$OUT" "(^|"$'\n'")$good($|"$'\n'")"
        refused . state corrupt
        refused . delete corrupt
        must delete --force corrupt
        [[ ! -e $ROOT/corrupt ]] || fail "the record '$text' is left"
    done
    ID=$good
    end_container
}

# A fifo is not waited for, and a folder or a link is not taken for a record.
test_list_is_not_held_up_by_strange_files() {
    sleeper
    mkdir -p "$ROOT/fifo" "$ROOT/folder/state.json" "$ROOT/linked"
    mkfifo "$ROOT/fifo/state.json"
    ln -s /dev/zero "$ROOT/linked/state.json"
    ln -s / "$ROOT/link"
    echo x >"$ROOT/file"
    must list --format json
    expect_equal "json" "$(jq -r 'map(.id) | join(" ")' <<<"$OUT")" "$ID"
    local name
    for name in fifo folder linked; do must delete --force $name; done
    rm "$ROOT/link" "$ROOT/file"
    end_container
}
