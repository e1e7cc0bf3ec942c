/* Reads frames (4 bytes of length, big-endian, then the frame) and acks each with 4 bytes: `bare_receiver MODE FOLDER`.
 *
 * MODE `none`: nothing is kept. `save`: one write(2) each to FOLDER/frames.bin, then the ack. `sync`: acked when it is
 * synced; a thread syncs without pause, and acks what its sync covers (the acks of a batch are one write).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES_MAX (4 * 1024 * 1024)
#define ACKS_MAX 1024

static int connection;
static int file = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long written;
static int ended;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int read_all(unsigned char *into, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t got = read(connection, into + done, bytes - done);
    if (got < 0) fail("read");
    if (got == 0) return 0;
    done += (size_t)got;
  }
  return 1;
}

static void write_all(int to, const unsigned char *from, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t put = write(to, from + done, bytes - done);
    if (put < 0) fail("write");
    done += (size_t)put;
  }
}

static void ack(long count) {
  static unsigned char acks[4 * ACKS_MAX];
  for (; count > 0; count -= ACKS_MAX) write_all(connection, acks, 4 * (size_t)(count < ACKS_MAX ? count : ACKS_MAX));
}

static void *sync_without_pause(void *unused) {
  (void)unused;
  for (long synced = 0;;) {
    pthread_mutex_lock(&lock);
    while (written == synced && !ended) pthread_cond_wait(&changed, &lock);
    long through = written;
    pthread_mutex_unlock(&lock);
    if (through == synced) return NULL;
    if (fdatasync(file) != 0) fail("fdatasync");
    ack(through - synced);
    synced = through;
  }
}

static int listen_anywhere(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("{\"event\":\"ready\",\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  int saves = strcmp(words[1], "none") != 0, syncs = strcmp(words[1], "sync") == 0, yes = 1;
  char path[4096];
  snprintf(path, sizeof path, "%s/frames.bin", words[2]);
  if (saves && (file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644)) < 0) fail("open");
  connection = accept(listen_anywhere(), NULL, NULL);
  if (connection < 0) fail("accept");
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  pthread_t syncer;
  if (syncs) pthread_create(&syncer, NULL, sync_without_pause, NULL);
  unsigned char *frame = malloc(FRAME_BYTES_MAX), head[4];
  while (read_all(head, 4)) {
    size_t bytes = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
    if (bytes > FRAME_BYTES_MAX || !read_all(frame, bytes)) return 1;
    if (saves) write_all(file, frame, bytes);
    if (!syncs) {
      ack(1);
      continue;
    }
    pthread_mutex_lock(&lock);
    written++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
  }
  pthread_mutex_lock(&lock);
  ended = 1;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
  if (syncs) pthread_join(syncer, NULL);
  pause(); /* Until it is stopped, as every receiver here. */
}
