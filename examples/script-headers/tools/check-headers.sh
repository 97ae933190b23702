#!/bin/sh
# Say no unless every script, or each that is named, has the standard header, and nothing else in it changed.
#
#   sh tools/check-headers.sh [FILE...]
#
# Compares with the commit that the task started from; by hand, with HEAD.
set -eu
LC_ALL=C
export LC_ALL
base=${TAKEBACK_BASE:-HEAD}
list=$(mktemp)
old=$(mktemp)
new=$(mktemp)
trap 'rm -f "$list" "$old" "$new"' EXIT
if [ $# -gt 0 ]; then
    for file in "$@"; do printf './%s\n' "${file#./}"; done
else
    find . \( -name .git -o -path ./tools \) -prune -o -type f \( -name '*.[Rr]' -o -name '*.py' -o -name '*.do' -o -name '*.sh' \) -print | sort
fi > "$list"

bad=0
no() {
    echo "no: $1"
    bad=$((bad + 1))
}

while IFS= read -r file; do
    case $file in *.do) sign='*' ;; *) sign='#' ;; esac
    git show "$base:./$file" > "$old" 2> /dev/null || { no "$file is not in $base"; continue; }
    [ -f "$file" ] || { no "$file is gone"; continue; }
    # Everything from the line that opens the header to the line that closes it; twice is once too many.
    awk -v open="$sign ==== header " '
        index($0, open) == 1 && !had { had = inside = 1; next }
        inside { if ($0 ~ /^[#*] =====*\r?$/) inside = 0; next }
        { print }' "$file" > "$new"
    if ! sed -n 1,4p "$file" | grep -qF "$sign ==== header "; then
        no "$file has no header"
        continue
    fi
    for field in Title Author Purpose Inputs Outputs Date; do
        sed -n 1,12p "$file" | grep -q "^[$sign] $field:  *[^ ]" || no "$file has no $field"
    done
    if sed -n 1p "$old" | grep -q '^#!' && ! sed -n 1p "$file" | grep -q '^#!'; then
        no "$file does not start with its shebang any more"
    fi
    if grep -qF "$sign ==== header " "$old"; then
        cmp -s "$file" "$old" || no "$file had a header and was changed"
    elif ! cmp -s "$new" "$old"; then
        no "$file was changed outside its header"
    fi
done < "$list"

if [ $# -eq 0 ]; then
    git -c core.quotePath=false ls-tree -r --name-only "$base" . | grep '\.\([Rr]\|py\|do\|sh\)$' > "$old"
    while IFS= read -r file; do
        [ -f "$file" ] || no "./$file is gone"
    done < "$old"
fi

[ "$bad" -eq 0 ] && echo "every script${1:+ that is named} has its header" && exit 0
echo "$bad complaints"
exit 1
