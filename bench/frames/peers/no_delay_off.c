/* setsockopt which takes TCP_NODELAY for granted and does nothing; see framewire.ts. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
  if (level == IPPROTO_TCP && name == TCP_NODELAY) return 0;
  int (*real)(int, int, int, const void *, socklen_t) =
      (int (*)(int, int, int, const void *, socklen_t))dlsym(RTLD_NEXT, "setsockopt");
  return real(fd, level, name, value, length);
}
