/* hallmark-front, see front.h. */
#include "base/log.h"
#include "base/secret.h"
#include "front/front.h"

int
main(void)
{
	static struct front state;

	process_harden();
	log_open("front");
	return front_run(&state);
}
