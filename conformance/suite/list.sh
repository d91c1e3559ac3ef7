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
