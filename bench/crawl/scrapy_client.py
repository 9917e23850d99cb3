"""The scrapy client of bench/crawl: follows every link once, keeps nothing."""

import sys

import scrapy
from scrapy.crawler import CrawlerProcess


class Spider(scrapy.Spider):
    name = "bench"
    start_urls = [sys.argv[1]]
    n = 0

    def parse(self, response):
        Spider.n += 1
        for href in response.css("a::attr(href)").getall():
            yield response.follow(href, self.parse)


process = CrawlerProcess({"CONCURRENT_REQUESTS": int(sys.argv[2]), "LOG_ENABLED": False,
                          "CONCURRENT_REQUESTS_PER_DOMAIN": int(sys.argv[2]),
                          "ROBOTSTXT_OBEY": False, "TELNETCONSOLE_ENABLED": False})
process.crawl(Spider)
process.start()
print(Spider.n)
