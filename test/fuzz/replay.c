/*
 * Feeds every file of the folders that are named to a fuzz target, once, and
 * reports each as a point of TAP. A fault ends the process: the plan that comes
 * last is then missing, which fails the test. The last points are that allocations
 * have failed for every input, and that the readers have accepted something: a
 * corpus of which all is refused proves little. With --once, for folders that are
 * no corpus, an input is read as fuzzers do, and nothing is demanded of all.
 */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1 << 20)

/* The input lies in memory of its own size, for the address sanitizer. */
static void
file_replay(const char *path)
{
	static uint8_t room[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	size_t len, i;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	len = fread(room, 1, sizeof(room), f);
	fclose(f);
	if ((bytes = malloc(len > 0 ? len : 1)) == NULL)
		abort();
	for (i = 0; i < len; i++)
		bytes[i] = room[i];
	(void)LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
}

static unsigned
folder_replay(const char *folder, unsigned count)
{
	struct dirent **entries;
	char path[PATH_MAX];
	struct stat st;
	int n = scandir(folder, &entries, NULL, alphasort), i;

	if (n < 0) {
		perror(folder);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		snprintf(
		    path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			file_replay(path);
			printf("ok %u - %s\n", ++count, entries[i]->d_name);
			fflush(stdout);
		}
		free(entries[i]);
	}
	free(entries);
	return count;
}

int
main(int argc, char **argv)
{
	const char *lacks = NULL;
	unsigned count = 0;
	int i;

	faults_all = argc < 2 || strcmp(argv[1], "--once") != 0;
	for (i = faults_all ? 1 : 2; i < argc; i++)
		count = folder_replay(argv[i], count);
	if (!faults_all) {
		printf("1..%u\n", count);
		return 0;
	}
	if (inputs_accepted == 0)
		lacks = "all";
	else if (corpus_lacks != NULL)
		lacks = corpus_lacks();
	printf("%s %u - allocations fail for every input\n",
	    inputs_read_once == 0 ? "ok" : "not ok", ++count);
	if (inputs_read_once > 0)
		printf("# %lu inputs were read once\n", inputs_read_once);
	printf("%s %u - inputs are accepted, by every reader\n",
	    lacks == NULL ? "ok" : "not ok", ++count);
	if (lacks != NULL)
		printf("# %s: no input is accepted\n", lacks);
	printf("1..%u\n", count);
	return lacks != NULL || inputs_read_once > 0;
}
