/*
 * What the command line reads back: an authority's answer as a table or as
 * lines for people, certificates out of it, and PEM files that operators name.
 * Whatever the answer holds, no control character reaches the terminal.
 */
#include <ctype.h>

#include "cli/cli.h"
#include "fuzz.h"
#include "wire/json.h"

static void
check_shown(struct span answer)
{
	struct cli c = { .json = false };
	FILE *before = stdout;
	size_t size = 0, i;
	char *shown = NULL;

	stdout = open_memstream(&shown, &size);
	require(stdout != NULL);
	output_json(&c, answer);
	fclose(stdout);
	stdout = before;
	for (i = 0; i < size; i++) {
		require(shown[i] == '\n' || !iscntrl((unsigned char)shown[i]));
		/* C1 in UTF-8 */
		require(shown[i] != '\xc2' || i + 1 == size ||
		    (unsigned char)shown[i + 1] >= 0xa0);
	}
	free(shown);
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span input = span_of(bytes, len), rest = input, der;
	uint8_t *room = malloc(len + 1);
	uint64_t digest = 0;
	struct json_value root;
	struct buf pem;

	require(room != NULL);
	while (pem_next(&rest, room, len, &der)) {
		require(der.len > 0 && der.len < len && rest.len < len);
		digest = digest_add(ACCEPTED, der.ptr, der.len);
	}
	free(room);
	if (json_parse(input, &root, NULL) != WIRE_OK ||
	    root.type != JSON_OBJECT)
		return digest;
	if (oracle_begin()) {
		check_shown(input);
		oracle_end();
	}
	buf_init(&pem, FRAME_MAX);
	digest = ACCEPTED;
	if (output_chain(input, &pem))
		digest = digest_add(digest, pem.ptr, pem.len);
	buf_free(&pem);
	return digest;
}
