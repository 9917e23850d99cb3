"""The asyncio client of bench/crawl: aiohttp, links by selectolax (lexbor), each page once."""

import asyncio
import sys
import urllib.parse

import aiohttp
from selectolax.lexbor import LexborHTMLParser


async def crawl(start, connections):
    seen, queue, n = {start}, asyncio.Queue(), 0
    queue.put_nowait(start)
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work():
            nonlocal n
            while True:
                url = await queue.get()
                async with session.get(url) as answer:
                    body = await answer.read()
                n += 1
                for node in LexborHTMLParser(body).css("a[href]"):
                    link = urllib.parse.urljoin(url, node.attributes["href"])
                    if link not in seen:
                        seen.add(link)
                        queue.put_nowait(link)
                queue.task_done()

        workers = [asyncio.create_task(work()) for _ in range(connections)]
        await queue.join()
        for worker in workers:
            worker.cancel()
    print(n)


asyncio.run(crawl(sys.argv[1], int(sys.argv[2])))
