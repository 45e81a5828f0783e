/*
 * Shares: what is accepted lies within the bounds of its kind, is written to
 * words that read as the same, and with another word of the list in place of the
 * first one the checksum refuses it.
 */
#include "crypto/keys/share.h"
#include "fuzz.h"

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	char text[SHARE_TEXT_SIZE], changed[SHARE_TEXT_SIZE + 16], *rest;
	struct share s, again;
	int word;
	struct why why;

	why_clear(&why);
	if (share_read(span_of(bytes, len), &s, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	require(s.len >= SHARE_VALUE_MIN && s.len <= SHARE_VALUE_MAX);
	require(s.len % 2 == 0 && s.index < SHARES_MAX);
	require(s.threshold >= 1 && s.threshold <= SHARES_MAX);
	require(s.group_threshold <= s.groups && s.groups <= SHARES_MAX);
	share_write(&s, text);
	require(share_read(span_str(text), &again, &why) == REASON_OK);
	require(memcmp(&s, &again, sizeof(s)) == 0);
	rest = strchr(text, ' ');
	require(rest != NULL);
	word = share_word_find(span_of((uint8_t *)text, (size_t)(rest - text)));
	require(word >= 0);
	snprintf(changed, sizeof(changed), "%s%s",
	    share_word((unsigned)(word + 1) & 1023), rest);
	require(share_read(span_str(changed), &again, &why) ==
	    REASON_SHARE_CHECKSUM);
	return digest_add(ACCEPTED, text, strlen(text));
}
