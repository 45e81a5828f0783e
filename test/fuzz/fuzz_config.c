/*
 * hallmark.ini: what is accepted has its values in range, and is printed to a
 * file that reads as the same.
 */
#include "base/config.h"
#include "fuzz.h"
#include "scratch.h"

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct config c, again;
	char text[4096];
	struct why why;

	scratch_write("hallmark.ini", span_of(bytes, len));
	if (config_read(scratch_folder(), &c, &why) != REASON_OK) {
		require(why.text[0] != '\0');
		return 0;
	}
	require(c.fronts >= 1 && c.fronts <= 16);
	require(c.connections >= 16 && c.connections <= 60000);
	require(config_text_valid(c.organization, sizeof(c.organization)));
	config_print(&c, text, sizeof(text));
	if (oracle_begin()) {
		scratch_write("hallmark.ini", span_str(text));
		require(
		    config_read(scratch_folder(), &again, &why) == REASON_OK);
		require(memcmp(&c, &again, sizeof(c)) == 0);
		oracle_end();
	}
	return digest_add(ACCEPTED, text, strlen(text));
}
