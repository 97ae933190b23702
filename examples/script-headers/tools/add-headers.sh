#!/bin/sh
# Put a standard header on every R, Python, Stata and shell script below the current folder, or on those that are named.
#
#   sh tools/add-headers.sh [--skip FILE]... [FILE...]
#
# A shebang and a Python coding line stay first, line endings stay as they are, and a script that has a header is left alone.
# The title is the file's name, the purpose its first comment, inputs and outputs the files that it names, the date that of its
# last commit. Needs sh, sed, awk, find; git for the date.
set -eu
LC_ALL=C
export LC_ALL

skip='
'
while [ $# -gt 0 ]; do
    case $1 in
        --skip) skip="$skip./${2#./}
"; shift 2 ;;
        -*) echo "usage: sh tools/add-headers.sh [--skip FILE]... [FILE...]" >&2; exit 2 ;;
        *) break ;;
    esac
done

# The files of data and tables that a script names: `files in` for those it reads, `files out` for those it writes.
files() {
    awk -v way="$1" '
        /^[ \t]*(#|\*|\/\/)/ { next }
        {
            writes = /write|save|export|[Dd]ump|"wb?"|>/ && !/read/
            rest = $0
            while (match(rest, /["\047][^"\047]+\.(csv|tsv|txt|dta|rds|rda|RData|xlsx|json|parquet|tex|ster|png|pdf)["\047]/)) {
                name = substr(rest, RSTART + 1, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
                if (writes == (way == "out") && !(name in seen)) {
                    seen[name] = 1
                    list = list (list == "" ? "" : ", ") name
                }
            }
        }
        END { print list == "" ? "none" : list }' "$2"
}

# The first comment of a script, on one line; "(fill in)" where it has none in its first ten lines.
purpose() {
    sed -n '1,10{
        s/\r$//
        /^#!/d
        /coding[:=]/d
        s/^"""\(.*[^"]\)"""$/\1/p
        s/^[#*]\{1,\}[ \t]*\([^ \t].*\)$/\1/p
    }' "$1" | sed -n '1p' | grep . || echo '(fill in)'
}

header() { # file, comment sign
    date=$(git log -1 --format=%as -- "$1" 2>/dev/null || true)
    printf '%s ==== header ================================================\n' "$2"
    printf '%s Title:    %s\n' "$2" "$(basename "$1")"
    printf '%s Author:   (fill in)\n' "$2"
    printf '%s Purpose:  %s\n' "$2" "$(purpose "$1")"
    printf '%s Inputs:   %s\n' "$2" "$(files in "$1")"
    printf '%s Outputs:  %s\n' "$2" "$(files out "$1")"
    printf '%s Date:     %s\n' "$2" "${date:-(not in git)}"
    printf '%s ============================================================\n' "$2"
}

new=$(mktemp)
list=$(mktemp)
trap 'rm -f "$new" "$list"' EXIT
if [ $# -gt 0 ]; then
    for file in "$@"; do printf './%s\n' "${file#./}"; done
else
    find . \( -name .git -o -path ./tools \) -prune -o -type f \( -name '*.[Rr]' -o -name '*.py' -o -name '*.do' -o -name '*.sh' \) -print | sort
fi > "$list"

changed=0
while IFS= read -r file; do
    case $skip in *"
$file
"*) echo "skipped  $file"; continue ;; esac
    case $file in *.do) sign='*' ;; *) sign='#' ;; esac
    if sed -n 1,4p "$file" | grep -qF "$sign ==== header "; then
        echo "has one  $file"
        continue
    fi
    # How many lines must stay first: a shebang, then a coding line.
    first=$(awk 'NR == 1 && /^#!/ { n = 1; next } NR <= 2 && /^#.*coding[:=]/ { n = NR } { exit } END { print n + 0 }' "$file")
    {
        [ "$first" -eq 0 ] || sed -n "1,${first}p" "$file"
        if sed -n 1p "$file" | grep -q "$(printf '\r')\$"; then
            header "$file" "$sign" | awk '{ printf "%s\r\n", $0 }'
        else
            header "$file" "$sign"
        fi
        tail -n "+$((first + 1))" "$file"
    } > "$new"
    cat "$new" > "$file" # keeps the mode
    changed=$((changed + 1))
    echo "added    $file"
done < "$list"
echo "$changed scripts changed"
