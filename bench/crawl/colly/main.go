// The colly client of bench/crawl: follows every link once, keeps nothing.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/gocolly/colly/v2"
)

func main() {
	connections, _ := strconv.Atoi(os.Args[2])
	var pages int64
	c := colly.NewCollector(colly.Async(true))
	c.Limit(&colly.LimitRule{DomainGlob: "*", Parallelism: connections})
	c.OnResponse(func(r *colly.Response) { atomic.AddInt64(&pages, 1) })
	c.OnHTML("a[href]", func(e *colly.HTMLElement) { e.Request.Visit(e.Attr("href")) })
	c.Visit(os.Args[1])
	c.Wait()
	fmt.Println(pages)
}
